import { aws_apigateway as rest, aws_apigatewayv2 as v2, type aws_lambda as lambda, type CfnResource, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Agreement, FrontDoor } from './front-door.js';
import { identitySources } from './token-source.js';

/** API Gateway's own, where a REST authorizer names none. */
const DEFAULT_RESULT_TTL_SECONDS = 300;

/**
 * What is wrong with the authorizers of the whole app that call this function: those that a user has
 * made by hand, and those that were changed after they were made. Each message names its authorizer.
 */
export function misuses(scope: Construct, fn: lambda.Function, alias: lambda.Alias, agreement: Agreement): string[] {
  const calls = (authorizer: CfnResource, uri: unknown) => {
    const text = JSON.stringify(Stack.of(authorizer).resolve(uri)) ?? '';
    return [fn, alias].some((target) => refersTo(text, authorizer, target));
  };
  const authorizers = scope.node.root.node.findAll().flatMap((construct) => {
    if (construct instanceof rest.CfnAuthorizer && calls(construct, construct.authorizerUri)) {
      return restFaults(construct, agreement).map((fault) => `${construct.node.path}: ${fault}`);
    }
    if (construct instanceof v2.CfnAuthorizer && calls(construct, construct.authorizerUri)) {
      return v2Faults(construct, agreement).map((fault) => `${construct.node.path}: ${fault}`);
    }
    return [];
  });
  return [...environmentFaults(fn, agreement), ...authorizers];
}

/**
 * What is wrong with the API itself, where it is of this app: an imported one cannot be looked into.
 *
 * Beside a resource policy that allows, API Gateway takes an answer that neither allows nor denies for
 * consent: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
 */
export function apiFaults(door: FrontDoor, implicitDeny: 'explicit' | 'implicit'): string[] {
  const api = door.kind === 'rest' ? door.api.node.defaultChild : undefined;
  if (!(api instanceof rest.CfnRestApi) || door.kind !== 'rest') return [];
  const faults: string[] = [];
  const policy = JSON.stringify(Stack.of(api).resolve(api.policy)) ?? '';
  if (/"Effect":"Allow"/.test(policy) && implicitDeny !== 'explicit') {
    faults.push(
      `${api.node.path}: the API has a resource policy that allows, beside which whatever no document allows is allowed too: ` +
        "set `implicitDeny: 'explicit'` in the settings",
    );
  }
  if (door.usageIdentifierKey === true && api.apiKeySourceType !== 'AUTHORIZER') {
    faults.push(`${api.node.path}: for \`usageIdentifierKey\` the API needs \`apiKeySourceType: AUTHORIZER\``);
  }
  return faults;
}

/** Whether a resolved value, which stands in the template of `from`, names `target`. */
function refersTo(text: string, from: CfnResource, target: lambda.IFunction): boolean {
  const stack = Stack.of(target);
  const logicalId: string = stack.resolve((target.node.defaultChild as CfnResource).logicalId);
  // Stacks may have resources of one logical id; between stacks, an export is named after both.
  return text.includes(logicalId) && (stack === Stack.of(from) || text.includes(`${stack.stackName}:`));
}

/** Whether the function is still told what was agreed, or somebody has changed it since. */
function environmentFaults(fn: lambda.Function, agreement: Agreement): string[] {
  const environment = Stack.of(fn).resolve((fn.node.defaultChild as lambda.CfnFunction).environment);
  const agreed = {
    GATEPOST_CSRF_HEADER: agreement.csrfHeader,
    GATEPOST_RESPONSE: agreement.response,
    GATEPOST_SCOPE: agreement.scope,
    GATEPOST_TOKEN_SOURCES: agreement.tokenSources.join(','),
  };
  return Object.entries(agreed).flatMap(([name, value]) => {
    const actual: unknown = environment?.variables?.[name];
    return actual === value ? [] : [
      `${fn.node.path}: ${name} is \`${actual}\`, but the front door says \`${value}\`; change it there, so that API Gateway learns of it too`,
    ];
  });
}

function restFaults(authorizer: rest.CfnAuthorizer, agreement: Agreement): string[] {
  if (authorizer.type !== 'REQUEST') {
    return [
      `the type is ${authorizer.type}, but must be REQUEST: an authorizer of the type TOKEN passes on one ` +
        'header only, and hides it when a request carries two tokens',
    ];
  }
  const faults = cacheFaults(
    agreement,
    authorizer.authorizerResultTtlInSeconds ?? DEFAULT_RESULT_TTL_SECONDS,
    (authorizer.identitySource ?? '').split(',').map((source) => source.trim()),
    identitySources('method.request', agreement.tokenSources, agreement.csrfHeader),
  );
  if (agreement.response === 'simple') {
    faults.push('the function gives simple answers (GATEPOST_RESPONSE=simple), which REST APIs do not understand');
  }
  return faults;
}

function v2Faults(authorizer: v2.CfnAuthorizer, agreement: Agreement): string[] {
  const isWebSocket = authorizer.authorizerPayloadFormatVersion === undefined;
  const faults = cacheFaults(
    agreement,
    authorizer.authorizerResultTtlInSeconds ?? 0,
    authorizer.identitySource ?? [],
    identitySources(isWebSocket ? 'route.request' : '$request', agreement.tokenSources, agreement.csrfHeader),
  );
  const isSimple = authorizer.enableSimpleResponses === true;
  if (isSimple !== (agreement.response === 'simple')) {
    faults.push(
      `\`enableSimpleResponses\` is ${isSimple}, but the function's answers are of the form \`${agreement.response}\` (GATEPOST_RESPONSE)`,
    );
  }
  return faults;
}

function cacheFaults(agreement: Agreement, ttl: number, actual: readonly string[], needed: readonly string[]): string[] {
  const faults: string[] = [];
  if (agreement.scope === 'method' && ttl > 0) {
    faults.push(
      `answers are kept for ${ttl} s, but the function answers for the called method only (GATEPOST_SCOPE=method): set the result TTL to 0`,
    );
  }
  // Header names are not case-sensitive, and no two sources differ in case only.
  const has = new Set(actual.map((source) => source.toLowerCase()));
  const missing = needed.filter((source) => !has.has(source.toLowerCase()));
  const isCsrf = (source: string) => agreement.csrfHeader !== undefined && source.endsWith(`.header.${agreement.csrfHeader}`);
  const csrf = missing.filter(isCsrf);
  const tokens = missing.filter((source) => !isCsrf(source));
  if (ttl > 0 && tokens.length > 0) {
    faults.push(
      `answers are kept for ${ttl} s, but not by ${tokens.join(', ')}, where the token is (GATEPOST_TOKEN_SOURCES): ` +
        "one caller would get another's answer",
    );
  }
  if (ttl > 0 && csrf.length > 0) {
    faults.push(
      `answers are kept for ${ttl} s, but not by ${csrf.join(', ')} (GATEPOST_CSRF_HEADER): ` +
        'a request that another site has forged would get the answer kept for the cookie',
    );
  }
  return faults;
}
