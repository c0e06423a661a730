const { DefaultFailureConverter } = require('@temporalio/common');

/** Puts what a failure says, and its stack, into a payload: where payloads are encrypted, so are they. Reads both kinds. */
exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
