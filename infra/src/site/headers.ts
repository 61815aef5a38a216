import { aws_cloudfront as cloudfront, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { DEFAULTS } from './defaults.js';

/**
 * What pages of a site may load where nothing else is said: what is of this origin, images that are written
 * out as `data:`, and no inline scripts or styles; and no page may show them in a frame. The file
 * `edge/site.json` lists it.
 */
export const CONTENT_SECURITY_POLICY = DEFAULTS.contentSecurityPolicy.join('; ');

/** What is said of every answer, whoever gave it. */
const SECURITY: cloudfront.ResponseSecurityHeadersBehavior = {
  contentTypeOptions: { override: true },
  frameOptions: { frameOption: cloudfront.HeadersFrameOption.DENY, override: true },
  referrerPolicy: { referrerPolicy: cloudfront.HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override: true },
  // Two years, without subdomains: those of a domain that others share would be bound too.
  strictTransportSecurity: { accessControlMaxAge: Duration.days(730), includeSubdomains: false, override: true },
};

/** The headers that CloudFront adds to what its origins answer. */
export class SiteHeaders extends Construct {
  /** For files whose names change with their content. */
  readonly assets: cloudfront.ResponseHeadersPolicy;
  readonly api: cloudfront.ResponseHeadersPolicy;
  readonly pages: cloudfront.ResponseHeadersPolicy;

  constructor(scope: Construct, id: string, contentSecurityPolicy: string) {
    super(scope, id);
    const forFiles = { ...SECURITY, contentSecurityPolicy: { contentSecurityPolicy, override: true } };
    this.pages = this.policy('Pages', forFiles, {
      // A browser that kept a page would show it to whoever comes next.
      'Cache-Control': DEFAULTS.cacheControl.pages,
      // What no page of the example asks the browser for.
      'Permissions-Policy': DEFAULTS.permissionsPolicy,
    });
    this.assets = this.policy('Assets', forFiles, { 'Cache-Control': DEFAULTS.cacheControl.assets });
    // The session function says of its own pages what they may load.
    this.api = this.policy('Api', SECURITY, {});
  }

  private policy(
    id: string, securityHeadersBehavior: cloudfront.ResponseSecurityHeadersBehavior, headers: Record<string, string>,
  ): cloudfront.ResponseHeadersPolicy {
    const customHeaders = Object.entries(headers).map(([header, value]) => ({ header, value, override: true }));
    return new cloudfront.ResponseHeadersPolicy(this, id, {
      securityHeadersBehavior,
      ...(customHeaders.length > 0 && { customHeadersBehavior: { customHeaders } }),
    });
  }
}
