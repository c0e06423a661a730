import base from '../../jest.config.js';

/** The ring that needs no servers: pure tests, run in one process by the mutation tester. */
const { globalSetup: _servers, globalTeardown: _ended, ...rest } = base;

export default {
  ...rest,
  rootDir: '../..',
  roots: ['<rootDir>/test/unit', '<rootDir>/test/activities'],
  testMatch: ['**/test/unit/*.test.ts', '**/test/activities/{judgement,failures}.test.ts'],
  // Seconds each, and not about domain/: keys and signatures, a bundle, settings.
  testPathIgnorePatterns: [
    'echeck-verification',
    'stateless-workflows',
    'settings',
    'webhook-metrics',
    'claims-report',
  ],
};
