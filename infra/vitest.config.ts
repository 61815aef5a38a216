import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Loading aws-cdk-lib takes most of the time: once for all files.
    isolate: false,
    maxWorkers: 1,
    // For `vm.SourceTextModule`, in which the pages' function runs.
    execArgv: ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
