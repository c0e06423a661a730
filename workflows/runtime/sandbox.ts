import { z } from 'zod';

/*
 * Run once in the worker's sandbox, before any workflow. The SDK takes a stack trace of every promise that a workflow makes;
 * with ten frames each that is a sixth of what an order costs the worker. Three show where an error came from.
 */
Error.stackTraceLimit = 3;
/* Shapes of messages are checked as they are written: nothing in the sandbox compiles code of its own. */
z.config({ jitless: true });
