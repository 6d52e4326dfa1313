/** The hub's log: one JSON object per line on standard error, by pino, behind the Logger of protocol/log.ts. */
import { destination, pino, stdSerializers, type Logger as Pino } from 'pino';
import type { LogFields, Logger } from '../protocol/log';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** @param level what is less important is left out */
export function createLogger(level: LogLevel): Logger {
  const root = pino(
    {
      level,
      base: null,
      serializers: { error: stdSerializers.err, err: stdSerializers.err },
      // The last defence: nothing of this kind is logged on purpose.
      redact: {
        paths: ['sdp', 'sdpOffer', 'sdpAnswer', 'key', 'secret', '*.sdp', '*.sdpOffer', '*.key', '*.secret'],
        censor: '[removed]',
      },
    },
    // Synchronous, so that the last lines before a crash are there.
    destination({ dest: 2, sync: true }),
  );
  return adapt(root);
}

function adapt(pinoLogger: Pino): Logger {
  return {
    debug: (fields, message) => pinoLogger.debug(fields, message),
    info: (fields, message) => pinoLogger.info(fields, message),
    warn: (fields, message) => pinoLogger.warn(fields, message),
    error: (fields, message) => pinoLogger.error(fields, message),
    child: (fields: LogFields) => adapt(pinoLogger.child({ ...fields })),
  };
}
