import { aws_logs as logs } from 'aws-cdk-lib';
import type { Node } from 'constructs';
import type { Machine } from '../function-package.js';

/** What the app can be told with `-c gatepost:NAME=VALUE`, or in the `context` of cdk.json. */
export interface AppOptions {
  /** ARN of an SNS topic that alarms are told to. @default - nobody is told */
  readonly alarmTopicArn?: string;

  /** Whether the app sets the role with which API Gateway writes logs. It is one for all APIs of the
   * account in the region: `false` keeps the one there is. @default true */
  readonly apiGatewayLogRole: boolean;

  /** Where the browser is sent after signing in; several with commas. @default http://localhost:5173/ */
  readonly callbackUrls: readonly [string, ...string[]];

  /** The origin whose pages may call the API, or `*`. @default * */
  readonly corsOrigin: string;

  /** First label of the sign-in page's address. @default gatepost-ACCOUNT */
  readonly domainPrefix?: string;

  /** Whether table, user pool and logs outlive the stack. @default true */
  readonly keepData: boolean;

  /** Days that logs are kept, of those CloudWatch knows. @default 90 */
  readonly logRetention: logs.RetentionDays;

  /** What the function is compiled for: arm64 or x86_64. @default arm64 */
  readonly machine: Machine;

  /** A second factor at sign-in: off, optional or required. @default optional */
  readonly mfa: 'off' | 'optional' | 'required';

  /** How long the function answers from documents that it has read: 0 to 3600 s. @default 30 */
  readonly policyTtlSeconds: number;

  /** Regions with a replica of the table, with commas; needs AWS_REGION or a profile. @default - none */
  readonly replicaRegions: readonly string[];

  /** How long API Gateway keeps answers: 0 to 3600 s. @default 300 */
  readonly resultTtlSeconds: number;

  /** Whether revocations are looked for with every call, as `gatepost revoke` needs it. @default false */
  readonly revocation: boolean;

  /** What the cookie of the site holds, with `web`: `token`, or `opaque`, the id of a session in a table.
   * @default token */
  readonly sessionMode: 'opaque' | 'token';

  /** The session function's package, with `web`. @default target/lambda/gatepost-session-MACHINE.zip */
  readonly sessionZip?: string;

  /** Requests per second for the whole stage, and as many at once. @default 100 */
  readonly throttle: number;

  /** Whether guarded methods belong to usage plans, by the caller's row. @default false */
  readonly usagePlan: boolean;

  /** Whether there is a web ACL in front of the API. @default false */
  readonly waf: boolean;

  /** Whether there is a site for a browser app in front of the API, which then takes cookies in place of
   * the header Authorization. @default false */
  readonly web: boolean;

  /** The function's package. @default target/lambda/gatepost-authorizer-MACHINE.zip */
  readonly zip?: string;
}

const PREFIX = 'gatepost:';

/**
 * Reads the options from the context.
 *
 * @throws With every fault. A name that begins with `gatepost:` and is none of an option's is one: a
 * misspelt option must not be a silent default.
 */
export function readOptions(node: Node): AppOptions {
  const reader = new Reader(node);
  const options: Record<keyof AppOptions, unknown> = {
    alarmTopicArn: reader.text('alarmTopicArn'),
    apiGatewayLogRole: reader.flag('apiGatewayLogRole', true),
    callbackUrls: reader.list('callbackUrls') ?? ['http://localhost:5173/'],
    corsOrigin: reader.text('corsOrigin') ?? '*',
    domainPrefix: reader.text('domainPrefix'),
    keepData: reader.flag('keepData', true),
    logRetention: reader.number('logRetention', logs.RetentionDays.THREE_MONTHS, 1, 3_653),
    machine: reader.choice('machine', 'arm64', ['arm64', 'x86_64']),
    mfa: reader.choice('mfa', 'optional', ['off', 'optional', 'required']),
    policyTtlSeconds: reader.number('policyTtlSeconds', 30, 0, 3_600),
    replicaRegions: reader.list('replicaRegions') ?? [],
    resultTtlSeconds: reader.number('resultTtlSeconds', 300, 0, 3_600),
    revocation: reader.flag('revocation', false),
    sessionMode: reader.choice('sessionMode', 'token', ['opaque', 'token']),
    sessionZip: reader.text('sessionZip'),
    throttle: reader.number('throttle', 100, 1, 10_000),
    usagePlan: reader.flag('usagePlan', false),
    waf: reader.flag('waf', false),
    web: reader.flag('web', false),
    zip: reader.text('zip'),
  };
  if (!(Number(options.logRetention) in logs.RetentionDays)) {
    reader.fault('logRetention', `is ${options.logRetention} days, which CloudWatch does not know`);
  }
  reader.end(Object.keys(options));
  return options as unknown as AppOptions;
}

/** Values by name, and what is wrong with them. */
class Reader {
  private readonly context: Record<string, unknown>;
  private readonly faults: string[] = [];

  constructor(node: Node) {
    const all = node.getAllContext() as Record<string, unknown>;
    this.context = Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) => (name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), value]] : [])),
    );
  }

  fault(name: string, message: string): void {
    this.faults.push(`${PREFIX}${name} ${message}`);
  }

  text(name: string): string | undefined {
    const value = this.context[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value === '') {
      this.fault(name, 'must be a text that is not empty');
      return undefined;
    }
    return value;
  }

  list(name: string): string[] | undefined {
    return this.text(name)?.split(',').map((entry) => entry.trim());
  }

  choice(name: string, initial: string, choices: readonly string[]): string {
    const value = this.text(name) ?? initial;
    if (!choices.includes(value)) {
      this.fault(name, `is \`${value}\`, but must be one of ${choices.join(', ')}`);
    }
    return value;
  }

  flag(name: string, initial: boolean): boolean {
    const value = this.context[name];
    if (value === undefined) return initial;
    if (value !== true && value !== false && value !== 'true' && value !== 'false') {
      this.fault(name, 'must be true or false');
    }
    return String(value) === 'true';
  }

  number(name: string, initial: number, least: number, most: number): number {
    const value = this.context[name];
    if (value === undefined) return initial;
    const number = Number(value);
    if (!/^\d+$/.test(String(value)) || number < least || number > most) {
      this.fault(name, `must be a whole number from ${least} to ${most}`);
    }
    return number;
  }

  end(known: readonly string[]): void {
    for (const name of Object.keys(this.context)) {
      if (!known.includes(name)) this.fault(name, `is no option; there are ${known.join(', ')}`);
    }
    if (this.faults.length > 0) throw new Error(`Gatepost: ${this.faults.join('; ')}`);
  }
}
