import {
  aws_apigateway as rest, aws_apigatewayv2 as v2, aws_cognito as cognito, aws_dynamodb as dynamodb, aws_kms as kms, Duration,
} from 'aws-cdk-lib';
import { HttpUrlIntegration, WebSocketMockIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { userPoolIssuer } from '../src/index.js';
import { environmentOf, world } from './support.js';

const sourceArn = (template: Template) => {
  const [permission] = Object.values(template.findResources('AWS::Lambda::Permission'));
  return JSON.stringify(permission?.Properties.SourceArn);
};

describe('a REST API', () => {
  test('of another stack is given its authorizer by its id', () => {
    const { guard, stack, template } = world();
    const api = rest.RestApi.fromRestApiAttributes(stack, 'Theirs', { restApiId: 'their-api', rootResourceId: 'root' });
    guard({ frontDoor: { kind: 'rest', api } });
    const made = template();
    made.hasResourceProperties('AWS::ApiGateway::Authorizer', { RestApiId: 'their-api', Type: 'REQUEST' });
    expect(sourceArn(made)).toContain(':their-api/authorizers/');
  });

  test('reads a token from a cookie, and keeps answers by the header that holds it and the one against forged requests', () => {
    const { api, guard, template } = world();
    guard({ frontDoor: { kind: 'rest', api, tokenSources: ['cookie:__Host-id'], answers: { scope: 'api', resultTtl: Duration.minutes(1) } } });
    const made = template();
    made.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      IdentitySource: 'method.request.header.Cookie, method.request.header.X-CSRF-Token', AuthorizerResultTtlInSeconds: 60,
    });
    expect(environmentOf(made)).toMatchObject({ GATEPOST_CSRF_HEADER: 'X-CSRF-Token', GATEPOST_TOKEN_SOURCES: 'cookie:__Host-id' });
  });

  test('reads a token from the row of a session, which its function may read then', () => {
    const { api, guard, stack, template } = world();
    const sessions = dynamodb.Table.fromTableName(stack, 'Sessions', 'sessions');
    guard({ frontDoor: { kind: 'rest', api, tokenSources: ['session:__Host-id'] }, sessions });
    const made = template();
    made.hasResourceProperties('AWS::ApiGateway::Authorizer', { IdentitySource: 'method.request.header.Cookie, method.request.header.X-CSRF-Token' });
    expect(environmentOf(made)).toMatchObject({
      GATEPOST_CSRF_HEADER: 'X-CSRF-Token', GATEPOST_SESSION_TABLE: 'sessions', GATEPOST_TOKEN_SOURCES: 'session:__Host-id',
    });
    made.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'dynamodb:GetItem' })]) },
    });
  });

  test('asks for no header against forged requests where no cookie is read', () => {
    const { api, guard, template } = world();
    guard({ frontDoor: { kind: 'rest', api } });
    expect(Object.keys(environmentOf(template()))).not.toContain('GATEPOST_CSRF_HEADER');
  });

  test('demands neither of two sources when it keeps nothing', () => {
    const { api, guard, template } = world();
    guard({ frontDoor: { kind: 'rest', api, tokenSources: ['header:Authorization', 'cookie:id'], answers: { scope: 'api', resultTtl: Duration.seconds(0) } } });
    const made = template();
    made.hasResourceProperties('AWS::ApiGateway::Authorizer', { IdentitySource: Match.absent(), AuthorizerResultTtlInSeconds: 0 });
    expect(environmentOf(made)).toMatchObject({ GATEPOST_CSRF_HEADER: 'X-CSRF-Token' });
  });

  test('keeps nothing of answers about one method', () => {
    const { api, guard, template } = world();
    guard({ frontDoor: { kind: 'rest', api, answers: { scope: 'method' } } });
    const made = template();
    made.hasResourceProperties('AWS::ApiGateway::Authorizer', { AuthorizerResultTtlInSeconds: 0 });
    expect(environmentOf(made)).toMatchObject({ GATEPOST_SCOPE: 'method' });
  });
});

describe('an HTTP API', () => {
  const http = (answers?: { scope: 'api' | 'method'; response?: 'simple' }) => {
    const made = world();
    const api = new v2.HttpApi(made.stack, 'Http');
    const gatepost = made.guard({ frontDoor: { kind: 'http', api, ...(answers && { answers: answers as { scope: 'api' } }) } });
    api.addRoutes({ path: '/movies', methods: [v2.HttpMethod.GET], integration: new HttpUrlIntegration('Movies', 'https://movies.example'), authorizer: gatepost.http });
    return made.template();
  };

  test('is answered with a policy that it keeps by the header', () => {
    const made = http();
    const [id] = Object.keys(made.findResources('AWS::ApiGatewayV2::Authorizer'));
    made.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerPayloadFormatVersion: '2.0',
      AuthorizerResultTtlInSeconds: 300,
      AuthorizerType: 'REQUEST',
      EnableSimpleResponses: false,
      IdentitySource: ['$request.header.Authorization'],
    });
    made.hasResourceProperties('AWS::ApiGatewayV2::Route', { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: id } });
    expect(sourceArn(made)).toContain(`"/authorizers/",{"Ref":"${id}"}`);
  });

  test('can be answered yes or no, which it does not keep', () => {
    const made = http({ scope: 'method', response: 'simple' });
    made.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', { AuthorizerResultTtlInSeconds: 0, EnableSimpleResponses: true });
    expect(environmentOf(made)).toMatchObject({ GATEPOST_RESPONSE: 'simple', GATEPOST_SCOPE: 'method' });
  });

  test('of another stack is given its authorizer by its id', () => {
    const { guard, stack, template } = world();
    guard({ frontDoor: { kind: 'http', api: v2.HttpApi.fromHttpApiAttributes(stack, 'Theirs', { httpApiId: 'their-api' }) } });
    template().hasResourceProperties('AWS::ApiGatewayV2::Authorizer', { ApiId: 'their-api' });
  });
});

describe('a WebSocket API', () => {
  test('asks at $connect, with a token in the query string', () => {
    const { guard, stack, template } = world();
    const api = new v2.WebSocketApi(stack, 'Socket');
    const gatepost = guard({ frontDoor: { kind: 'websocket', api } });
    api.addRoute('$connect', { integration: new WebSocketMockIntegration('Connect'), authorizer: gatepost.webSocket });
    const made = template();
    made.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerPayloadFormatVersion: Match.absent(),
      AuthorizerResultTtlInSeconds: Match.absent(),
      AuthorizerType: 'REQUEST',
      IdentitySource: ['route.request.querystring.token'],
    });
    made.hasResourceProperties('AWS::ApiGatewayV2::Route', { AuthorizationType: 'CUSTOM', RouteKey: '$connect' });
    expect(environmentOf(made)).toMatchObject({ GATEPOST_TOKEN_SOURCES: 'query:token', GATEPOST_SCOPE: 'api' });
  });
});

describe('an existing table', () => {
  test('is read by its name, and no other is made', () => {
    const { api, guard, stack, template } = world();
    guard({ frontDoor: { kind: 'rest', api }, table: dynamodb.Table.fromTableName(stack, 'Theirs', 'their-table') });
    const made = template();
    expect(environmentOf(made)).toMatchObject({ GATEPOST_POLICY_TABLE: 'their-table' });
    made.resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
    made.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'dynamodb:BatchGetItem' })]) },
    });
  });

  test('with a key of its own can be decrypted', () => {
    const { api, guard, stack, template } = world();
    const encryptionKey = new kms.Key(stack, 'Key');
    guard({ frontDoor: { kind: 'rest', api }, table: dynamodb.Table.fromTableAttributes(stack, 'Theirs', { tableName: 'their-table', encryptionKey }) });
    template().hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:Decrypt' })]) },
    });
  });

  test('is a new one otherwise', () => {
    const { api, guard, template } = world();
    guard({ frontDoor: { kind: 'rest', api } });
    template().resourceCountIs('AWS::DynamoDB::GlobalTable', 1);
  });
});

test('the user pool may be an existing one', () => {
  const { api, guard, stack, template } = world();
  const pool = cognito.UserPool.fromUserPoolArn(stack, 'Theirs', 'arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_theirs');
  const client = cognito.UserPoolClient.fromUserPoolClientId(stack, 'TheirClient', 'client-2');
  guard({ frontDoor: { kind: 'rest', api }, issuers: [userPoolIssuer(pool, [client])] });
  const issuers = JSON.stringify(environmentOf(template()).GATEPOST_ISSUERS).replaceAll('\\', '');
  expect(issuers).toContain('https://cognito-idp.eu-west-1.');
  expect(issuers).toContain('/eu-west-1_theirs","audience":["client-2"]}]');
});
