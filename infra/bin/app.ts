import { gatepostApp } from '../src/app/gatepost-app.js';
import { GatepostStack } from '../src/app/gatepost-stack.js';
import { readOptions } from '../src/app/options.js';
import { sayWhy } from '../src/app/say-why.js';

await sayWhy(() => {
  const app = gatepostApp();
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  new GatepostStack(app, 'Gatepost', {
    description: 'Gatepost: rights by group for Amazon API Gateway',
    options: readOptions(app.node),
    // Named where it is known; without credentials the template fits any account and region.
    ...(region !== undefined && { env: { region, ...(account !== undefined && { account }) } }),
  });
  app.synth();
});
