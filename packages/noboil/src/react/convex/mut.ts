/**
 * One call, with its state, as a function.
 */
import type { FunctionArgs, FunctionReference, FunctionReturnType } from 'convex/server'
import type { OptimisticLocalStore } from 'convex/browser'
import { useMemo, useRef, useState } from 'react'
import type { ArgsList } from '../../client/client.ts'
import type { NoboilError } from '../../errors/error.ts'
import { useLatest } from '../latest.ts'
import type { Mut } from '../shapes.ts'
import { toNoboilError, useCore, withoutMissing } from './core.ts'
import { useToast } from './toast.tsx'

type Args = Readonly<Record<string, unknown>>
type Options = MutOptions<Args, unknown> & { readonly kind?: 'action' }

export interface MutOptions<args, result> {
  readonly onSuccess?: (result: result, args: args) => unknown
  readonly onError?: (error: NoboilError, args: args) => unknown
  readonly onSettled?: (
    result: result | undefined,
    error: NoboilError | null,
    args: args,
  ) => unknown
  /** Convex's own optimistic update, of a mutation: taken back if the call fails. */
  readonly optimistic?: (store: OptimisticLocalStore, args: args) => void
  /** What the provider's `toast` shows; `error: true` shows the error's own sentence. */
  readonly toast?: {
    readonly success?: string | ((result: result) => string)
    readonly error?: true | string | ((error: NoboilError) => string)
  }
}

interface State<result> {
  readonly isPending: boolean
  readonly error: NoboilError | null
  readonly data: result | undefined
}

const atRest = { isPending: false, error: null, data: undefined }

/** A mutation of the app; or an action, and then it says so, for Convex's references do not tell. */
export function useMut<reference extends FunctionReference<'mutation'>>(
  reference: reference,
  options?: MutOptions<FunctionArgs<reference>, FunctionReturnType<reference>>,
): Mut<FunctionArgs<reference>, FunctionReturnType<reference>>
export function useMut<reference extends FunctionReference<'action'>>(
  reference: reference,
  options: MutOptions<FunctionArgs<reference>, FunctionReturnType<reference>> & {
    readonly kind: 'action'
  },
): Mut<FunctionArgs<reference>, FunctionReturnType<reference>>
export function useMut(
  reference: FunctionReference<'mutation'> | FunctionReference<'action'>,
  options: Options = {},
): Mut<Args, unknown> {
  const core = useCore()
  const [state, setState] = useState<State<unknown>>(atRest)
  const latest = useRef(0)
  const toast = useToast()
  const call = (args: Args): Promise<unknown> => {
    const { kind, optimistic } = options
    if (kind === 'action') return core.act(reference as FunctionReference<'action'>, args)
    const update = optimistic && {
      optimisticUpdate: (store: OptimisticLocalStore) => optimistic(store, args),
    }
    return core.client.mutation(
      reference as FunctionReference<'mutation'>,
      withoutMissing(args),
      update ?? {},
    )
  }
  const run = useLatest(async (args: Args = {}): Promise<unknown> => {
    const run = ++latest.current
    const show = (state: State<unknown>): void => {
      if (run === latest.current) setState(state)
    }
    const { onSuccess, onError, onSettled, toast: texts } = options
    show({ isPending: true, error: null, data: undefined })
    let result: unknown
    try {
      result = await call(args)
    } catch (failure) {
      const error = toNoboilError(failure)
      show({ isPending: false, error, data: undefined })
      const text = texts?.error
      if (text !== undefined) toast?.({ kind: 'error', text: sentence(text, error) })
      await onError?.(error, args)
      await onSettled?.(undefined, error, args)
      throw error
    }
    show({ isPending: false, error: null, data: result })
    const text = texts?.success
    if (text !== undefined) {
      toast?.({ kind: 'success', text: typeof text === 'string' ? text : text(result) })
    }
    await onSuccess?.(result, args)
    await onSettled?.(result, null, args)
    return result
  })
  return useMemo(() => {
    const reset = (): void => {
      latest.current++
      setState(atRest)
    }
    return Object.assign((...[args]: ArgsList<Args>) => run(args), { ...state, reset })
  }, [run, state])
}

function sentence(
  text: true | string | ((error: NoboilError) => string),
  error: NoboilError,
): string {
  if (text === true) return error.message
  return typeof text === 'string' ? text : text(error)
}
