import { aws_codedeploy as codedeploy, aws_logs as logs, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { exportedDeclarations } from '../reference/declarations.js';

/** What the package exports, with its comments. */
export const DECLARATIONS = exportedDeclarations();

/** What defaults are written with in comments. */
const NAMES = {
  Duration, LambdaDeploymentConfig: codedeploy.LambdaDeploymentConfig, RemovalPolicy, RetentionDays: logs.RetentionDays,
};

/** The defaults that the comments on an object's properties tell, by the names of the properties; those in words left out. */
export function documentedDefaults(object: string): Record<string, unknown> {
  const declaration = DECLARATIONS.find(({ name }) => name === object);
  if (declaration?.kind !== 'object') throw new Error(`there is no object \`${object}\``);
  return Object.fromEntries(declaration.properties.flatMap(({ doc: { initial }, name }) => {
    if (initial === undefined || initial.startsWith('- ')) return [];
    return [[name, new Function(...Object.keys(NAMES), `return ${initial}`)(...Object.values(NAMES))]];
  }));
}
