import {
  Aws, aws_apigateway as rest, aws_apigatewayv2 as v2, aws_iam as iam, type aws_lambda as lambda, Stack,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Agreement, FrontDoor, HttpFrontDoor, RestFrontDoor, WebSocketFrontDoor } from './front-door.js';

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
  const uri = `arn:${Aws.PARTITION}:apigateway:${Stack.of(scope).region}:lambda:path/2015-03-31/functions/${alias.functionArn}/invocations`;
  switch (door.kind) {
    case 'rest':
      return attachToRest(scope, door, agreement, alias, uri);
    case 'http':
      return attachToHttp(scope, door, agreement, alias, uri);
    case 'websocket':
      return attachToWebSocket(scope, door, agreement, alias, uri);
  }
}

function attachToRest(
  scope: Construct, door: RestFrontDoor, agreement: Agreement, alias: lambda.Alias, uri: string,
): Authorizers {
  const settings = {
    type: 'REQUEST',
    authorizerResultTtlInSeconds: agreement.resultTtlSeconds,
    ...(agreement.identitySources.length > 0 && { identitySource: agreement.identitySources.join(', ') }),
  };
  const authorizer = new rest.CfnAuthorizer(scope, 'Authorizer', {
    ...settings,
    name: 'gatepost',
    restApiId: door.api.restApiId,
    authorizerUri: uri,
  });
  allow(scope, alias, door.api.restApiId, authorizer.ref);
  // A stage goes on with the authorizer it was deployed with, until there is another deployment.
  const deployment = door.api.latestDeployment;
  deployment?.node.addDependency(authorizer);
  deployment?.addToLogicalId({ gatepost: settings });
  return { rest: { authorizerId: authorizer.ref, authorizationType: rest.AuthorizationType.CUSTOM } };
}

function attachToHttp(
  scope: Construct, door: HttpFrontDoor, agreement: Agreement, alias: lambda.Alias, uri: string,
): Authorizers {
  const authorizer = new v2.CfnAuthorizer(scope, 'Authorizer', {
    name: 'gatepost',
    apiId: door.api.apiId,
    authorizerType: 'REQUEST',
    authorizerUri: uri,
    authorizerPayloadFormatVersion: '2.0',
    authorizerResultTtlInSeconds: agreement.resultTtlSeconds,
    enableSimpleResponses: agreement.response === 'simple',
    ...(agreement.identitySources.length > 0 && { identitySource: agreement.identitySources }),
  });
  allow(scope, alias, door.api.apiId, authorizer.ref);
  return { http: { bind: () => ({ authorizerId: authorizer.ref, authorizationType: 'CUSTOM' }) } };
}

function attachToWebSocket(
  scope: Construct, door: WebSocketFrontDoor, agreement: Agreement, alias: lambda.Alias, uri: string,
): Authorizers {
  const authorizer = new v2.CfnAuthorizer(scope, 'Authorizer', {
    name: 'gatepost',
    apiId: door.api.apiId,
    authorizerType: 'REQUEST',
    authorizerUri: uri,
    ...(agreement.identitySources.length > 0 && { identitySource: agreement.identitySources }),
  });
  allow(scope, alias, door.api.apiId, authorizer.ref);
  return { webSocket: { bind: () => ({ authorizerId: authorizer.ref, authorizationType: 'CUSTOM' }) } };
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
