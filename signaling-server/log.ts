/** The hub's log: one JSON object per line on standard error, by pino, behind the Logger of protocol/log.ts. */
import { destination, multistream, pino, stdSerializers, type Logger as Pino } from 'pino';
import type { LogFields, Logger } from '../protocol/log';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A second place for the log, with a level of its own. */
export interface LogCopy {
  readonly level: Exclude<LogLevel, 'silent'>;
  readonly write: (line: string) => void;
}

/** @param level what is less important is left out */
export function createLogger(level: LogLevel, copy?: LogCopy): Logger {
  // Synchronous, so that the last lines before a crash are there.
  const standard = destination({ dest: 2, sync: true });
  const streams = [
    ...(level === 'silent' ? [] : [{ level, stream: standard }]),
    ...(copy ? [{ level: copy.level, stream: { write: copy.write } }] : []),
  ];
  const root = pino(
    {
      // Each stream leaves out by itself what is below its own level.
      level: copy ? lower(level, copy.level) : level,
      base: null,
      serializers: { error: stdSerializers.err, err: stdSerializers.err },
      // The last defence: nothing of this kind is logged on purpose.
      redact: {
        paths: ['sdp', 'sdpOffer', 'sdpAnswer', 'key', 'secret', '*.sdp', '*.sdpOffer', '*.key', '*.secret'],
        censor: '[removed]',
      },
    },
    copy ? multistream(streams) : standard,
  );
  return adapt(root);
}

const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

function lower(one: LogLevel, other: LogLevel): LogLevel {
  return ORDER.indexOf(one) < ORDER.indexOf(other) ? one : other;
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
