/** A thread that does nothing until it is ended. */
require('node:worker_threads').parentPort.on('message', () => undefined);
