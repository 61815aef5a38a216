import { aws_apigateway as rest } from 'aws-cdk-lib';
import { Construct } from 'constructs';

export interface CorsGatewayResponsesProps {
  /** The API whose own answers are meant. */
  readonly api: rest.IRestApi;

  /** The one origin whose pages may read the answers, or `*` for any (not with cookies). */
  readonly origin: string;

  /** Whether pages may send cookies. Needs an `origin` that is not `*`. @default false */
  readonly credentials?: boolean;
}

/**
 * Lets a page see why it was refused. What API Gateway answers by itself has no CORS headers otherwise,
 * and the browser shows a network error in place of 401 or 403.
 *
 * The bodies have the request's id, which leads to the access log and from there to the decision.
 */
export class CorsGatewayResponses extends Construct {
  constructor(scope: Construct, id: string, props: CorsGatewayResponsesProps) {
    super(scope, id);
    if (props.credentials === true && props.origin === '*') {
      throw new Error('Gatepost: browsers send no cookies to an API whose `origin` is `*`; name the origin of the pages');
    }
    const headers = {
      'Access-Control-Allow-Origin': `'${props.origin}'`,
      ...(props.credentials === true && { 'Access-Control-Allow-Credentials': "'true'" }),
      ...(props.origin !== '*' && { Vary: "'Origin'" }),
    };
    for (const [name, type] of Object.entries(TYPES)) {
      new rest.GatewayResponse(this, name, {
        restApi: props.api,
        type,
        responseHeaders: headers,
        templates: { 'application/json': '{"message":$context.error.messageString,"request_id":"$context.requestId"}' },
      });
    }
  }
}

const TYPES = {
  Unauthorized: rest.ResponseType.UNAUTHORIZED,
  AccessDenied: rest.ResponseType.ACCESS_DENIED,
  Default4xx: rest.ResponseType.DEFAULT_4XX,
  Default5xx: rest.ResponseType.DEFAULT_5XX,
};
