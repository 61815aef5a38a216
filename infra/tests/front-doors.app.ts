import { App, aws_apigatewayv2 as v2, Duration, Stack } from 'aws-cdk-lib';
import { HttpUrlIntegration, WebSocketMockIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { GatepostAuthorizer, type Issuer } from '../src/index.js';

/** An HTTP API and a WebSocket API, for cfn-lint. The function's package is the first argument. */
const code = process.argv[2] ?? '';
const issuers: [Issuer] = [{ issuer: 'https://id.example', audience: ['client'] }];
const app = new App({ autoSynth: false });

const http = new Stack(app, 'Http');
const httpApi = new v2.HttpApi(http, 'Api');
const forHttp = new GatepostAuthorizer(http, 'Gatepost', {
  frontDoor: { kind: 'http', api: httpApi, answers: { scope: 'api', resultTtl: Duration.minutes(1) } }, issuers, code,
});
httpApi.addRoutes({ path: '/{proxy+}', integration: new HttpUrlIntegration('Back', 'https://back.example'), authorizer: forHttp.http });

const socket = new Stack(app, 'Socket');
const socketApi = new v2.WebSocketApi(socket, 'Api');
const forSocket = new GatepostAuthorizer(socket, 'Gatepost', { frontDoor: { kind: 'websocket', api: socketApi }, issuers, code });
socketApi.addRoute('$connect', { integration: new WebSocketMockIntegration('Connect'), authorizer: forSocket.webSocket });

app.synth();
