import { aws_cognito as cognito, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { type Issuer, userPoolIssuer } from './issuer.js';

export interface SignInProps {
  /** The groups of the pool, by which policies are looked up. */
  readonly groups: readonly string[];

  /** Where the browser is sent with a code after signing in. `https:`, or `http://localhost`. */
  readonly callbackUrls: readonly [string, ...string[]];

  /** Where the browser is sent after signing out. @default - `callbackUrls` */
  readonly logoutUrls?: readonly string[];

  /** The first label of the sign-in page's address; nobody else in the region may have it. */
  readonly domainPrefix: string;

  /**
   * Whether a second factor (an authenticator app) is asked for.
   *
   * @default 'optional'
   */
  readonly mfa?: 'off' | 'optional' | 'required';

  /**
   * What becomes of the pool when it leaves the stack. RETAIN also protects it from deletion by anybody;
   * DESTROY lifts that.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;
}

/**
 * A user pool with groups, its sign-in page, and a client for a browser: authorization code only, no
 * secret, so that the client has to use PKCE; refresh tokens are rotated and can be revoked.
 *
 * Nobody can sign up by themselves.
 */
export class SignIn extends Construct {
  /** The client of the browser. */
  readonly client: cognito.UserPoolClient;
  /** The address of the sign-in page. */
  readonly domain: cognito.UserPoolDomain;
  /** For `GatepostAuthorizer`: the access tokens that the pool issues to the client. */
  readonly issuer: Issuer;
  /** The user pool. */
  readonly pool: cognito.UserPool;

  constructor(scope: Construct, id: string, props: SignInProps) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const mfa = props.mfa ?? 'optional';
    this.pool = new cognito.UserPool(this, 'Pool', {
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
      featurePlan: cognito.FeaturePlan.ESSENTIALS,
      mfa: { off: cognito.Mfa.OFF, optional: cognito.Mfa.OPTIONAL, required: cognito.Mfa.REQUIRED }[mfa],
      ...(mfa !== 'off' && { mfaSecondFactor: { otp: true, sms: false } }),
      passwordPolicy: {
        minLength: 12,
        requireDigits: true,
        requireLowercase: true,
        requireSymbols: true,
        requireUppercase: true,
        tempPasswordValidity: Duration.days(3),
      },
      removalPolicy,
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      signInCaseSensitive: false,
    });
    Validations.of(this.pool).acknowledge(
      {
        id: 'AwsSolutions-COG8',
        reason: 'Threat protection needs the Plus plan, whose price per user is for the owner of the pool to choose',
      },
      ...(mfa === 'required'
        ? []
        : [{ id: 'AwsSolutions-COG2', reason: 'The second factor is a setting of the app; `required` takes away this acknowledgement' }]),
    );
    for (const group of props.groups) {
      new cognito.UserPoolGroup(this, `Group-${group}`, { userPool: this.pool, groupName: group });
    }
    this.domain = this.pool.addDomain('Domain', { cognitoDomain: { domainPrefix: props.domainPrefix } });
    this.client = this.pool.addClient('Browser', {
      accessTokenValidity: Duration.hours(1),
      authFlows: { userSrp: true },
      enableTokenRevocation: true,
      generateSecret: false,
      idTokenValidity: Duration.hours(1),
      oAuth: {
        callbackUrls: [...props.callbackUrls],
        flows: { authorizationCodeGrant: true, clientCredentials: false, implicitCodeGrant: false },
        logoutUrls: [...(props.logoutUrls ?? props.callbackUrls)],
        scopes: [cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
      },
      preventUserExistenceErrors: true,
      // Two tabs may refresh in the same moment.
      refreshTokenRotationGracePeriod: Duration.seconds(30),
      refreshTokenValidity: Duration.days(1),
      supportedIdentityProviders: [cognito.UserPoolClientIdentityProvider.COGNITO],
    });
    this.issuer = userPoolIssuer(this.pool, [this.client]);
  }
}
