import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aws_lambda as lambda } from 'aws-cdk-lib';

/** What a function can be compiled for. */
export type Machine = 'arm64' | 'x86_64';

/** A function of Gatepost, by the name of its package. */
export type FunctionName = 'gatepost-authorizer' | 'gatepost-session';

/** Where `scripts/build-lambda` of this clone puts a function's package. */
export function defaultZip(name: FunctionName, machine: Machine): string {
  return inClone(`target/lambda/${name}-${machine}.zip`);
}

/**
 * The function's code, with the program `bootstrap` in it: what was given, or the package built in this clone.
 *
 * @throws If there is no such file, saying how to come by one.
 */
export function functionCode(given: string | lambda.Code | undefined, name: FunctionName, machine: Machine): lambda.Code {
  if (given !== undefined && typeof given !== 'string') return given;
  const zip = given ?? defaultZip(name, machine);
  if (existsSync(zip)) return lambda.Code.fromAsset(zip);
  const script = 'scripts/build-lambda';
  if (existsSync(inClone(script))) {
    const option = name === 'gatepost-session' ? 'sessionZip' : 'zip';
    throw new Error(
      `Gatepost: there is no function package at ${zip}. Run \`${script} ${machine}\` to build it, ` +
        `or name another file with \`code\` (in the app: -c gatepost:${option}=FILE)`,
    );
  }
  const fault = given === undefined
    ? 'this npm package holds no function: name its file with `code`'
    : `there is no function package at ${zip}, which \`code\` names`;
  throw new Error(
    `Gatepost: ${fault}. A release of Gatepost has it as ${name}-${machine}.zip, ` +
      `and \`${script} ${machine}\` in a clone of Gatepost makes it, in target/lambda/`,
  );
}

export function architectureOf(machine: Machine): lambda.Architecture {
  return machine === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64;
}

/** A file of the clone that this file is in. Installed from npm, it is in none. */
function inClone(path: string): string {
  return join(__dirname, '../..', path);
}
