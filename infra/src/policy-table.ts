import {
  aws_dynamodb as dynamodb, aws_iam as iam, RemovalPolicy, Stack, Token,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** None of them must be given. */
export interface PolicyTableProps {
  /**
   * Regions with a replica, for authorizers there. Each function reads the table of its own region.
   * The stack must name its region.
   *
   * @default - none
   */
  readonly replicaRegions?: readonly string[];

  /**
   * What becomes of the table when it leaves the stack. RETAIN also protects it from deletion by anybody;
   * DESTROY lifts that.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;
}

/**
 * The table of policies, their history and revocations: billed by request, recoverable to any second
 * of the last 35 days, encrypted with a key that AWS owns.
 *
 * TTL removes revocations when the last token they can concern has ended; rows of policies have no
 * `expires_at` and stay.
 */
export class PolicyTable extends Construct {
  /** The table itself. */
  readonly table: dynamodb.TableV2;

  constructor(scope: Construct, id: string, props: PolicyTableProps = {}) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const replicaRegions = props.replicaRegions ?? [];
    const region = Stack.of(this).region;
    if (replicaRegions.length > 0 && Token.isUnresolved(region)) {
      throw new Error('Gatepost: for `replicaRegions` the stack must name its own region: set `env.region`');
    }
    if (replicaRegions.includes(region)) {
      throw new Error(`Gatepost: \`replicaRegions\` lists ${region}, the region of the table itself`);
    }
    this.table = new dynamodb.TableV2(this, 'Table', {
      partitionKey: { name: 'subject', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'revision', type: dynamodb.AttributeType.NUMBER },
      billing: dynamodb.Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expires_at',
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
      removalPolicy,
      replicas: replicaRegions.map((replica) => ({ region: replica })),
    });
  }
}

/**
 * What people and pipelines need that keep the policies with `gatepost`: to read, write, compare and
 * revoke in this one table. To be attached to their roles; nothing in a deployment has it.
 */
export class PolicyEditors extends Construct {
  /** To be attached with `role.addManagedPolicy`. */
  readonly policy: iam.ManagedPolicy;

  constructor(scope: Construct, id: string, table: dynamodb.ITable) {
    super(scope, id);
    this.policy = new iam.ManagedPolicy(this, 'Policy', {
      description: 'Read, change and revoke in the policy table of Gatepost',
      statements: [
        new iam.PolicyStatement({
          actions: [
            'dynamodb:BatchGetItem',
            'dynamodb:GetItem',
            'dynamodb:Query',
            'dynamodb:Scan',
            // A transaction needs the permission of each action in it, and none of its own.
            'dynamodb:ConditionCheckItem',
            'dynamodb:DeleteItem',
            'dynamodb:PutItem',
            'dynamodb:UpdateItem',
          ],
          resources: [table.tableArn],
        }),
      ],
    });
  }
}
