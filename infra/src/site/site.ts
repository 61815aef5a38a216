import {
  Aws, aws_apigateway as rest, type aws_certificatemanager as acm, aws_cloudfront as cloudfront, aws_cloudfront_origins as origins,
  aws_s3 as s3, Duration, RemovalPolicy, Stack, Validations,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { DEFAULTS } from './defaults.js';
import { CONTENT_SECURITY_POLICY, SiteHeaders } from './headers.js';
import { PagesFunction } from './pages-function.js';

/** Names of a site, other than CloudFront's own. */
export interface SiteDomain {
  /** The first is that of `origin`. */
  readonly names: readonly [string, ...string[]];
  /** One of us-east-1, for all the names. */
  readonly certificate: acm.ICertificate;
}

export interface GatepostSiteProps {
  /** The API that is seen beside the pages. */
  readonly api: rest.IRestApi;

  /** The paths of the API's methods, as CloudFront writes patterns: `/orders`, `/orders/*`. */
  readonly apiPaths: readonly [string, ...string[]];

  /** The stage of the API, by its name: a reference to it would make a circle with `GatepostSession`. */
  readonly stageName: string;

  /**
   * The names of the site, and their certificate.
   *
   * @default - the name that CloudFront gives, whose certificate allows TLS 1.0
   */
  readonly domain?: SiteDomain;

  /** What pages may load, and from where, as the header `Content-Security-Policy` says it.
   * @default - `CONTENT_SECURITY_POLICY` */
  readonly contentSecurityPolicy?: string;

  /** Where the browser is sent to from pages that its pass does not allow. @default '/' */
  readonly home?: string;

  /** Paths that need no pass, with `*` and `?`. @default ['/', '/favicon.ico', '/assets/*', '/signed-out'] */
  readonly publicPages?: readonly string[];

  /** How long the log of requests is kept. @default Duration.days(90) */
  readonly logRetention?: Duration;

  /** What becomes of pages and log when they leave the stack. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;
}

/**
 * One host for a browser app: its pages from a private bucket, each seen by those only whose page pass
 * allows it; `/auth/*` and the API beside them, so that cookies are first-party and no call needs CORS.
 *
 * ```ts
 * const site = new GatepostSite(this, 'Site', { api, stageName: 'prod', apiPaths: ['/orders', '/orders/*'] });
 * new GatepostSession(this, 'Session', { api, origin: site.origin, issuer, policies: gatepost.table });
 * ```
 */
export class GatepostSite extends Construct {
  /** What `aws s3 sync` is given. */
  readonly bucket: s3.Bucket;
  /** What answers at `origin`. */
  readonly distribution: cloudfront.Distribution;
  /** `https://` and the host. */
  readonly origin: string;
  /** The function that guards the pages. */
  readonly pages: PagesFunction;

  constructor(scope: Construct, id: string, props: GatepostSiteProps) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.bucket = this.pagesBucket(removalPolicy);
    this.pages = new PagesFunction(this, 'Pages', {
      ...DEFAULTS.config,
      ...(props.home !== undefined && { home: props.home }),
      ...(props.publicPages !== undefined && { public: props.publicPages }),
    });
    const headers = new SiteHeaders(this, 'Headers', props.contentSecurityPolicy ?? CONTENT_SECURITY_POLICY);
    const files = this.filesOrigin();
    const pages: cloudfront.BehaviorOptions = {
      origin: files,
      allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD,
      cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED,
      functionAssociations: [{ function: this.pages.function, eventType: cloudfront.FunctionEventType.VIEWER_REQUEST }],
      responseHeadersPolicy: headers.pages,
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    };
    const api = this.apiBehaviour(props, headers);
    this.distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: 'Pages, sign-in and API of one origin, guarded by Gatepost',
      // No default root object, by which `/` would reach the function under another name; the function knows
      // what stands for a folder. No error responses either: they would replace the API's 403 and 404.
      defaultBehavior: pages,
      additionalBehaviors: {
        '/auth/*': api,
        ...Object.fromEntries(props.apiPaths.map((path) => [path, api])),
        // With the function too: what a path with points in it stands for, CloudFront and S3 need not agree on.
        '/assets/*': { ...pages, responseHeadersPolicy: headers.assets },
      },
      enableLogging: true,
      logBucket: this.logBucket(removalPolicy, props.logRetention ?? Duration.days(90)),
      logIncludesCookies: false,
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      ...(props.domain && {
        certificate: props.domain.certificate,
        domainNames: [...props.domain.names],
        minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
      }),
    });
    Validations.of(this.distribution).acknowledge(
      { id: 'AwsSolutions-CFR1', reason: 'Who may see pages is decided by who somebody is, and not by where' },
      {
        id: 'Annotation::@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk',
        reason: 'The function names an object for every path that ends with a slash, the start page included',
      },
      { id: 'AwsSolutions-CFR2', reason: 'A web ACL for CloudFront is one of us-east-1, and a choice, for its price' },
      ...(props.domain ? [] : [{ id: 'AwsSolutions-CFR4', reason: "CloudFront's own name comes with its own certificate; `domain` takes another" }]),
    );
    this.origin = `https://${props.domain?.names[0] ?? this.distribution.distributionDomainName}`;
  }

  private pagesBucket(removalPolicy: RemovalPolicy): s3.Bucket {
    const bucket = new s3.Bucket(this, 'Files', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      ...deletion(removalPolicy),
      versioned: true,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S1', reason: 'Only CloudFront reads it, which has a log of its own' });
    return bucket;
  }

  /** With leave to list, S3 says 404 and not 403 of what is not there; CloudFront hands on no query that would list. */
  private filesOrigin(): cloudfront.IOrigin {
    return origins.S3BucketOrigin.withOriginAccessControl(this.bucket, {
      originAccessLevels: [cloudfront.AccessLevel.READ, cloudfront.AccessLevel.LIST],
    });
  }

  private apiBehaviour(props: GatepostSiteProps, headers: SiteHeaders): cloudfront.BehaviorOptions {
    return {
      origin: new origins.HttpOrigin(`${props.api.restApiId}.execute-api.${Stack.of(this).region}.${Aws.URL_SUFFIX}`, {
        originPath: `/${props.stageName}`,
        originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2],
        protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
      }),
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
      // Cookies, Authorization, X-CSRF-Token and the query; API Gateway knows its API by its own Host.
      originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      responseHeadersPolicy: headers.api,
      // Not redirected: by then a token would have gone over the wire.
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
    };
  }

  private logBucket(removalPolicy: RemovalPolicy, retention: Duration): s3.Bucket {
    const bucket = new s3.Bucket(this, 'Logs', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      // CloudFront delivers its logs by access control lists.
      objectOwnership: s3.ObjectOwnership.OBJECT_WRITER,
      lifecycleRules: [{ expiration: retention }],
      ...deletion(removalPolicy),
    });
    Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S1', reason: 'It is the bucket of the logs' });
    return bucket;
  }
}

/** A bucket that is not empty cannot be deleted, so that one to be deleted has to be emptied. */
function deletion(removalPolicy: RemovalPolicy): Pick<s3.BucketProps, 'autoDeleteObjects' | 'removalPolicy'> {
  return { removalPolicy, autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY };
}
