import {
  aws_apigateway as rest, aws_apigatewayv2 as v2, aws_iam as iam, type aws_lambda as lambda, Stack,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Agreement, FrontDoor } from './front-door.js';

/** An authorizer as methods and routes take it. */
export interface Authorizers {
  /** For the methods of a REST API: `addMethod(verb, integration, { authorizer })`. */
  readonly rest?: rest.IAuthorizer;
  /** For the routes of an HTTP API. */
  readonly http?: v2.IHttpRouteAuthorizer;
  /** For the route `$connect` of a WebSocket API. */
  readonly webSocket?: v2.IWebSocketRouteAuthorizer;
}

/**
 * Makes the authorizer in the API and lets it, and nothing else of API Gateway, call the function.
 */
export function attach(scope: Construct, door: FrontDoor, agreement: Agreement, alias: lambda.Alias): Authorizers {
  switch (door.kind) {
    case 'rest':
      return { rest: restAuthorizer(scope, door.api, agreement, alias) };
    case 'http':
      return { http: v2Authorizer(scope, door.api.apiId, agreement, alias, {
        authorizerPayloadFormatVersion: '2.0',
        authorizerResultTtlInSeconds: agreement.resultTtlSeconds,
        enableSimpleResponses: agreement.response === 'simple',
      }) };
    case 'websocket':
      return { webSocket: v2Authorizer(scope, door.api.apiId, agreement, alias, {}) };
  }
}

function restAuthorizer(
  scope: Construct, api: rest.IRestApi, { identitySources, resultTtlSeconds }: Agreement, alias: lambda.Alias,
): rest.IAuthorizer {
  const settings = {
    type: 'REQUEST',
    authorizerResultTtlInSeconds: resultTtlSeconds,
    ...(identitySources.length > 0 && { identitySource: identitySources.join(', ') }),
  };
  const authorizer = new rest.CfnAuthorizer(scope, 'Authorizer', {
    ...settings,
    name: 'gatepost',
    restApiId: api.restApiId,
    authorizerUri: invocationUri(scope, alias),
  });
  allow(scope, alias, api.restApiId, authorizer.ref);
  // A stage goes on with the authorizer it was deployed with, until there is another deployment.
  const deployment = api.latestDeployment;
  deployment?.node.addDependency(authorizer);
  deployment?.addToLogicalId({ gatepost: settings });
  return { authorizerId: authorizer.ref, authorizationType: rest.AuthorizationType.CUSTOM };
}

/** HTTP and WebSocket APIs have one kind of resource for it, of which `settings` is what they do not share. */
function v2Authorizer(
  scope: Construct, apiId: string, { identitySources }: Agreement, alias: lambda.Alias, settings: Partial<v2.CfnAuthorizerProps>,
): v2.IHttpRouteAuthorizer & v2.IWebSocketRouteAuthorizer {
  const authorizer = new v2.CfnAuthorizer(scope, 'Authorizer', {
    name: 'gatepost',
    apiId,
    authorizerType: 'REQUEST',
    authorizerUri: invocationUri(scope, alias),
    ...settings,
    ...(identitySources.length > 0 && { identitySource: identitySources }),
  });
  allow(scope, alias, apiId, authorizer.ref);
  return { bind: () => ({ authorizerId: authorizer.ref, authorizationType: 'CUSTOM' }) };
}

/** Where API Gateway finds the function. */
function invocationUri(scope: Construct, alias: lambda.Alias): string {
  const { partition, region } = Stack.of(scope);
  return `arn:${partition}:apigateway:${region}:lambda:path/2015-03-31/functions/${alias.functionArn}/invocations`;
}

function allow(scope: Construct, alias: lambda.Alias, apiId: string, authorizerId: string): void {
  alias.addPermission('ApiGateway', {
    principal: new iam.ServicePrincipal('apigateway.amazonaws.com'),
    sourceArn: Stack.of(scope).formatArn({
      service: 'execute-api',
      resource: apiId,
      resourceName: `authorizers/${authorizerId}`,
    }),
  });
}
