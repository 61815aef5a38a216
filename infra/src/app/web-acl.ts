import { aws_apigateway as rest, aws_wafv2 as waf, Names, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** Requests from one address in five minutes, over which it is blocked. */
const REQUESTS_PER_ADDRESS = 2_000;

/** AWS's own groups of rules that suit an API, in the order in which they are tried. */
const MANAGED_RULES = ['AWSManagedRulesAmazonIpReputationList', 'AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet'];

/** A web ACL in front of a stage, ahead of the authorizer: floods do not reach it. */
export class WebAcl extends Construct {
  constructor(scope: Construct, id: string, stage: rest.Stage) {
    super(scope, id);
    const acl = new waf.CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visibility('Acl'),
      name: Names.uniqueResourceName(this, { maxLength: 100, separator: '-' }),
      rules: [
        {
          name: 'Flood',
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { aggregateKeyType: 'IP', limit: REQUESTS_PER_ADDRESS } },
          visibilityConfig: visibility('Flood'),
        },
        ...MANAGED_RULES.map((name, index) => ({
          name,
          priority: index + 1,
          overrideAction: { none: {} },
          statement: { managedRuleGroupStatement: { vendorName: 'AWS', name } },
          visibilityConfig: visibility(name),
        })),
      ],
    });
    new waf.CfnWebACLAssociation(this, 'Association', {
      resourceArn: Stack.of(this).formatArn({
        service: 'apigateway', account: '', resource: '/restapis', resourceName: `${stage.restApi.restApiId}/stages/${stage.stageName}`,
      }),
      webAclArn: acl.attrArn,
    });
  }
}

function visibility(metricName: string): waf.CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: false };
}
