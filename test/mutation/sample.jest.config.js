import base from '../../jest.config.js';

/** The rings that need servers: these run already, and a mutant that hangs is soon given up. */
const { globalSetup: _servers, globalTeardown: _ended, ...rest } = base;

export default { ...rest, rootDir: '../..', testTimeout: 30_000 };
