/** What somebody has to be asked for, again and again, while it is looked at. */
import { useCallback, useEffect, useState } from 'react'

export interface Polled<Value> {
  readonly data: Value | undefined
  /** Why the last asking brought nothing; `data` is then what was known before. */
  readonly error: unknown
  /** Puts a newer value in its place. */
  readonly set: (value: Value) => void
  readonly ask: () => void
}

const everyMs = 5_000

/** `read` keeps its identity from render to render. */
export function usePolled<Value>(read: () => Promise<Value>): Polled<Value> {
  const [data, setData] = useState<Value>()
  const [error, setError] = useState<unknown>()
  const ask = useCallback((): void => {
    read().then(
      (value) => {
        setData(value)
        setError(undefined)
      },
      (reason: unknown) => setError(reason),
    )
  }, [read])
  useEffect(() => {
    ask()
    const timer = setInterval(ask, everyMs)
    return () => clearInterval(timer)
  }, [ask])
  return { data, error, set: setData, ask }
}
