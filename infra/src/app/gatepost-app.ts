import { App, type AppProps, Validations } from 'aws-cdk-lib';
import flags from 'aws-cdk-lib/recommended-feature-flags.json';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

/**
 * An app with every feature flag that the library recommends, whose synthesis fails when a rule of
 * cdk-nag is broken and nobody has said why that is right.
 */
export function gatepostApp(props: AppProps = {}): App {
  const app = new App({ autoSynth: false, ...props, context: { ...flags, ...props.context } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  return app;
}
