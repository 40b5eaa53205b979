/** What a module logs, and what the host says of it, up to a bound. */

const LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const

export interface LogLine {
  readonly level: (typeof LEVELS)[number]
  readonly message: string
}

export class LogBook {
  readonly #lines: LogLine[] = []
  readonly #max: number
  readonly listeners: Set<(line: LogLine) => void> = new Set()

  constructor(max: number) {
    this.#max = max
  }

  /** The newest lines, oldest first. */
  get lines(): readonly LogLine[] {
    return [...this.#lines]
  }

  add(level: LogLine['level'], message: string): void {
    const line = { level, message }
    this.#lines.push(line)
    if (this.#lines.length > this.#max) this.#lines.shift()
    for (const listener of this.listeners) listener(line)
  }

  /** `level`: as the ABI numbers it. */
  addLevel(level: number, message: string): void {
    this.add(LEVELS[level] ?? 'error', message)
  }
}
