import { defineConfig } from 'vitest/config';

// Built packages are used as they are: what is tested is what runs.
const server = { deps: { external: [/\/(libs|apps)\/[^/]+\/dist\//, /\/migrations\/dist\//] } };

export default defineConfig({
  test: {
    // Everything with state runs against real services, which need both cores for themselves.
    projects: [
      {
        test: {
          name: 'unit',
          server,
          include: ['libs/*/src/**/*.spec.ts', 'apps/*/src/**/*.spec.ts', 'test/structure/**/*.spec.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          server,
          include: ['test/{integration,e2e,golden}/**/*.spec.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
