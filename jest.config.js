/** Source and tests are ES modules in TypeScript; swc only strips the types. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // Far more than any test takes: what is waited for has its own patience, and says what it saw.
  testTimeout: 480_000,
  // Many tests wait for real time: two cores have room for a third.
  maxWorkers: 3,
  // Modules of a finished test file are never quite let go of: a worker that has gathered so much is replaced by a new one.
  workerIdleMemoryLimit: '1.5GB',
};
