import { type aws_cloudwatch as cloudwatch, aws_codedeploy as codedeploy, type aws_lambda as lambda, Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';

export interface RolloutProps {
  readonly alarms: readonly cloudwatch.Alarm[];
  readonly alias: lambda.Alias;
  readonly config: codedeploy.ILambdaDeploymentConfig;
}

/**
 * Moves the alias to a new version step by step, and back to the old one when an alarm goes off, the
 * deployment fails or somebody stops it. CloudFormation waits, and rolls the stack back with it.
 */
export class Rollout extends Construct {
  constructor(scope: Construct, id: string, props: RolloutProps) {
    super(scope, id);
    const group = new codedeploy.LambdaDeploymentGroup(this, 'Group', {
      alias: props.alias,
      alarms: [...props.alarms],
      autoRollback: { deploymentInAlarm: true, failedDeployment: true, stoppedDeployment: true },
      deploymentConfig: props.config,
    });
    Validations.of(group).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]',
      reason: 'The narrower of the two roles that AWS keeps for CodeDeploy; the function does not have it',
    });
  }
}
