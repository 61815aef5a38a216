import { aws_apigateway as rest, Validations } from 'aws-cdk-lib';

/**
 * The methods of the example, as in policies/routes/openapi.yaml (a test compares them): by path, those
 * that Gatepost guards, and those open to everybody.
 */
export const ROUTES: Record<string, { readonly guarded?: readonly string[]; readonly open?: readonly string[] }> = {
  '/': { open: ['GET'] },
  '/health': { open: ['GET'] },
  '/movies': { guarded: ['GET', 'POST'] },
  '/movies/{id}': { guarded: ['GET', 'PUT', 'DELETE'] },
  '/shows': { guarded: ['GET', 'POST'] },
  '/shows/{id}': { guarded: ['GET', 'PUT', 'DELETE'] },
  '/api/profile': { guarded: ['GET'] },
  '/api/{proxy+}': { guarded: ['ANY'] },
  '/api/admin/{proxy+}': { guarded: ['ANY'] },
};

const ANSWERED: rest.MethodResponse = {
  statusCode: '200',
  responseParameters: { 'method.response.header.Access-Control-Allow-Origin': true },
};

export interface RoutesProps {
  readonly authorizer: rest.IAuthorizer;
  /** Whether guarded methods belong to usage plans. */
  readonly apiKeyRequired: boolean;
  readonly corsOrigin: string;
}

/** Puts the example's methods into an API, with a mock behind each. */
export function addRoutes(api: rest.RestApi, props: RoutesProps): void {
  for (const [path, { guarded = [], open = [] }] of Object.entries(ROUTES)) {
    const resource = api.root.resourceForPath(path);
    for (const verb of guarded) {
      const method = resource.addMethod(verb, mock(props.corsOrigin), {
        apiKeyRequired: props.apiKeyRequired,
        authorizer: props.authorizer,
        methodResponses: [ANSWERED],
      });
      Validations.of(method).acknowledge({ id: 'AwsSolutions-COG4', reason: 'Gatepost verifies the tokens of the user pool' });
    }
    for (const verb of open) {
      const method = resource.addMethod(verb, mock(props.corsOrigin), {
        authorizationType: rest.AuthorizationType.NONE,
        methodResponses: [ANSWERED],
      });
      acknowledgeOpen(method, 'A start page and a health probe that need no token');
    }
    if (guarded.length > 0) {
      // A preflight carries no token, and ANY would ask it for one.
      const preflight = resource.addCorsPreflight({
        allowOrigins: [props.corsOrigin],
        allowMethods: guarded.includes('ANY') ? rest.Cors.ALL_METHODS : [...guarded],
        allowHeaders: ['Authorization', 'Content-Type'],
      });
      acknowledgeOpen(preflight, 'Browsers send no token with a preflight');
    }
  }
}

function acknowledgeOpen(method: rest.Method, reason: string): void {
  Validations.of(method).acknowledge({ id: 'AwsSolutions-APIG4', reason }, { id: 'AwsSolutions-COG4', reason });
}

/** Answers by itself, with the digest of the policy that let the call through. */
function mock(origin: string): rest.MockIntegration {
  return new rest.MockIntegration({
    passthroughBehavior: rest.PassthroughBehavior.NEVER,
    requestTemplates: { 'application/json': '{"statusCode":200}' },
    integrationResponses: [
      {
        statusCode: '200',
        responseParameters: { 'method.response.header.Access-Control-Allow-Origin': `'${origin}'` },
        responseTemplates: {
          'application/json': '{"resource":"$context.resourcePath","policy_digest":"$context.authorizer.policy_digest"}',
        },
      },
    ],
  });
}
