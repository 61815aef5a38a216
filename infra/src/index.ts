// In the order in which docs/reference/construct.md tells of them.
export { GatepostAuthorizer, type GatepostAuthorizerProps } from './authorizer.js';
export type { CalledMethod, FrontDoor, HttpFrontDoor, RestFrontDoor, SimpleAnswer, WebSocketFrontDoor, WholeApi } from './front-door.js';
export type { TokenSource, TokenSources } from './token-source.js';
export { type Issuer, userPoolIssuer } from './issuer.js';
export type { AuthorizerSettings } from './settings.js';
export type { Machine } from './function-package.js';
export { PolicyEditors, PolicyTable, type PolicyTableProps } from './policy-table.js';
export { CorsGatewayResponses, type CorsGatewayResponsesProps } from './gateway-responses.js';
export { SignIn, type SignInProps } from './sign-in.js';
export { GatepostSite, type GatepostSiteProps, type SiteDomain } from './site/site.js';
export type { PagesFunction } from './site/pages-function.js';
export { CONTENT_SECURITY_POLICY } from './site/headers.js';
export { GatepostSession, type GatepostSessionProps, type SessionIssuer } from './site/session.js';
export { type AlarmThresholds, runbookEntry } from './alarms.js';
