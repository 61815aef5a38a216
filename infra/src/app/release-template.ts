import { aws_lambda as lambda, CfnParameter, DefaultStackSynthesizer, Fn, Stack } from 'aws-cdk-lib';
import { gatepostApp } from './gatepost-app.js';
import { GatepostStack } from './gatepost-stack.js';
import { readOptions } from './options.js';

/**
 * The template of the whole example, for `aws cloudformation deploy` and without a bootstrapped account:
 * the function's package is the object `key` in a bucket of the user's.
 */
export function releaseTemplate(key: string): object {
  const app = gatepostApp({ analyticsReporting: false });
  const stack = new GatepostStack(app, 'Gatepost', {
    description: 'Gatepost: rights by group for Amazon API Gateway',
    synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }),
    code: new ReleasedCode(key),
    options: {
      ...readOptions(app.node),
      callbackUrls: [Fn.ref('CallbackUrl')],
      corsOrigin: Fn.ref('CorsOrigin'),
      domainPrefix: Fn.ref('DomainPrefix'),
    },
  });
  addParameters(stack);
  return app.synth().getStackByName(stack.stackName).template as object;
}

/** An object in the bucket that the parameter `CodeBucket` names. */
class ReleasedCode extends lambda.Code {
  constructor(private readonly key: string) {
    super();
  }

  override bind(): lambda.CodeConfig {
    return { s3Location: { bucketName: Fn.ref('CodeBucket'), objectKey: this.key } };
  }
}

function addParameters(stack: Stack): void {
  new CfnParameter(stack, 'CodeBucket', {
    description: "A bucket in the region of the stack, with the function's package in it",
    minLength: 3,
  });
  new CfnParameter(stack, 'DomainPrefix', {
    description: "First label of the sign-in page's address; nobody else in the region may have it",
    allowedPattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$',
  });
  new CfnParameter(stack, 'CallbackUrl', {
    description: 'Where the browser is sent after signing in',
    default: 'http://localhost:5173/',
  });
  new CfnParameter(stack, 'CorsOrigin', {
    description: 'The origin whose pages may call the API, or *',
    default: '*',
  });
}
