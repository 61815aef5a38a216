import { join } from 'node:path';
import { aws_cloudfront as cloudfront } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** What the pages' function is told of a site: the entry `config` of its KeyValueStore. */
export interface PageRules {
  /** Where the browser is sent to from pages that its pass does not allow. */
  readonly home: string;
  /** What stands for a folder. */
  readonly index: string;
  /** Where the browser is sent to without a pass: an address of the session function. */
  readonly login: string;
  /** Paths that need no pass, with IAM's wildcards `*` and `?`. */
  readonly public: readonly string[];
}

/** Of a value: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-keyvaluestores */
const MAX_VALUE_BYTES = 1_024;

const CODE = join(__dirname, '../../edge/pages.js');

/**
 * The function that lets pages be seen by those whose pass says so, and the store of what it knows.
 *
 * The entry `config` is written when the store is made. Keys come from `scripts/rotate-session-keys`.
 */
export class PagesFunction extends Construct {
  /** What CloudFront runs for each request of a page. */
  readonly function: cloudfront.Function;
  /** The rules, and the keys that page passes are verified with. */
  readonly store: cloudfront.KeyValueStore;

  /** @throws If the rules are longer than a value may be, or no paths. */
  constructor(scope: Construct, id: string, rules: PageRules) {
    super(scope, id);
    const misplaced = [rules.home, ...rules.public].filter((path) => !/^\/[!-~]*$/.test(path) && path !== '*');
    if (misplaced.length > 0) throw new Error(`Gatepost: \`${misplaced[0]}\` is no path of a page: paths begin with a slash`);
    const config = JSON.stringify(rules);
    if (Buffer.byteLength(config) > MAX_VALUE_BYTES) {
      throw new Error(`Gatepost: the public pages take ${Buffer.byteLength(config)} bytes with the rest of \`config\`; CloudFront keeps ${MAX_VALUE_BYTES}`);
    }
    this.store = new cloudfront.KeyValueStore(this, 'Store', {
      comment: 'What the pages of Gatepost are guarded by',
      source: cloudfront.ImportSource.fromInline(JSON.stringify({ data: [{ key: 'config', value: config }] })),
    });
    this.function = new cloudfront.Function(this, 'Function', {
      comment: 'Gatepost: who may see which page',
      code: cloudfront.FunctionCode.fromFile({ filePath: CODE }),
      runtime: cloudfront.FunctionRuntime.JS_2_0,
      keyValueStore: this.store,
    });
  }
}
