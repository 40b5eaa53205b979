/** Structured logs. What a call carried, and what signs its caller in, is never in them. */
import { pino, type Logger } from 'pino'

export type { Logger }

export interface LogOptions {
  /** Default: `info`. */
  readonly level?: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  /** Takes lines of JSON; default: standard output. */
  readonly write?: (line: string) => void
}

export function makeLogger(options: LogOptions = {}): Logger {
  const { level = 'info', write } = options
  const given = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        'args',
        'cookie',
        'authorization',
        'token',
        'password',
        'secret',
        'headers',
        '*.headers',
      ],
      censor: '[redacted]',
    },
  }
  return write === undefined ? pino(given) : pino(given, { write })
}
