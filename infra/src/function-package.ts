import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { aws_lambda as lambda } from 'aws-cdk-lib';

/** What the function can be compiled for. */
export type Machine = 'arm64' | 'x86_64';

/** Where `scripts/build-lambda` puts a function's package for a machine. */
export function defaultZip(machine: Machine, name: 'gatepost-authorizer' | 'gatepost-session' = 'gatepost-authorizer'): string {
  return fileURLToPath(new URL(`../../target/lambda/${name}-${machine}.zip`, import.meta.url));
}

/**
 * The function's code from a zip file with the program `bootstrap` in it.
 *
 * @throws If there is no such file, saying how to make it.
 */
export function codeFromZip(zip: string, machine: Machine, option: 'sessionZip' | 'zip' = 'zip'): lambda.Code {
  if (!existsSync(zip)) {
    throw new Error(
      `Gatepost: there is no function package at ${zip}. Run \`scripts/build-lambda ${machine}\` to build it, ` +
        `or name another file with \`code\` (in the app: -c gatepost:${option}=FILE)`,
    );
  }
  return lambda.Code.fromAsset(zip);
}

export function architectureOf(machine: Machine): lambda.Architecture {
  return machine === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64;
}
