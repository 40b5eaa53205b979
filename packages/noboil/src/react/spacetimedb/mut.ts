/** One reducer, with its state, as a function. */
import { useCallback, useMemo, useRef, useState } from 'react'
import type { NoboilError } from '../../errors/error.ts'
import type { ReducerRef } from '../../wire/spacetimedb.ts'
import type { Mut } from '../shapes.ts'
import { useSpacetimeClient } from './provider.tsx'

interface State {
  readonly isPending: boolean
  readonly error: NoboilError | null
  readonly data: unknown
}

const idle: State = { isPending: false, error: null, data: undefined }

export function useMut<args, result>(ref: ReducerRef<args, result>): Mut<args, result> {
  const client = useSpacetimeClient()
  const [state, setState] = useState(idle)
  const latest = useRef(0)
  const run = useCallback(
    async (args?: unknown) => {
      const turn = ++latest.current
      const tell = (next: State): void => {
        if (turn === latest.current) setState(next)
      }
      tell({ ...idle, isPending: true })
      try {
        const data = await client.perform(ref, args ?? {})
        tell({ ...idle, data })
        return data
      } catch (error) {
        tell({ ...idle, error: error as NoboilError })
        throw error
      }
    },
    [client, ref],
  )
  const reset = useCallback(() => {
    latest.current++
    setState(idle)
  }, [])
  return useMemo(
    () => Object.assign((args?: unknown) => run(args), { ...state, reset }),
    [run, state, reset],
  ) as unknown as Mut<args, result>
}
