import { useCallback, useInsertionEffect, useRef } from 'react'

/** A function that stays the same from render to render and does what the latest one does. For events, not for rendering. */
export function useLatest<args extends readonly unknown[], result>(
  fn: (...args: args) => result,
): (...args: args) => result {
  const latest = useRef(fn)
  useInsertionEffect(() => {
    latest.current = fn
  })
  return useCallback((...args: args) => latest.current(...args), [])
}
