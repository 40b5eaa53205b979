/** The cache's log: a file of its own, since what a cache does would drown everything else on standard output. */
import { mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { pino } from 'pino'
import type { CacheLogger } from '../cache/ports.ts'

export interface CacheLogOptions {
  /** Default: `logs/cache.json` in the working directory. */
  readonly file?: string
  /** Default: `info`. */
  readonly level?: 'silent' | 'error' | 'warn' | 'info' | 'debug'
}

/**
 * Writes lines of JSON to a file, which is made with the first of them. Lines are written when the process has nothing better to do,
 * and what is left when it ends normally.
 */
export function makeCacheLogger(options: CacheLogOptions = {}): CacheLogger {
  const { file = 'logs/cache.json', level = 'info' } = options
  if (level === 'silent') return nowhere
  let logger: CacheLogger | undefined
  const open = (): CacheLogger =>
    (logger ??= pino(
      {
        level,
        base: { pid: process.pid },
        timestamp: pino.stdTimeFunctions.isoTime,
        redact: { paths: ['value', 'password', 'token', 'url', 'authorization'], remove: true },
      },
      pino.destination({ dest: openLog(file), sync: false }),
    ))
  return {
    debug: (fields, event) => open().debug(fields, event),
    info: (fields, event) => open().info(fields, event),
    warn: (fields, event) => open().warn(fields, event),
    error: (fields, event) => open().error(fields, event),
  }
}

const nowhere: CacheLogger = { debug() {}, info() {}, warn() {}, error() {} }

/** Opened here and at once: a process that ends right after its first line still writes it. */
function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true })
  return openSync(file, 'a', 0o640)
}
