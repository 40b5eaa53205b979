/**
 * One call, with its state, as a function.
 */
import { useMutation } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { pathOf } from '../client/api.ts'
import { plainArgs } from '../client/canonical.ts'
import type { ArgsList } from '../client/client.ts'
import type { ArgsObject } from '../client/entry.ts'
import type { Retry } from '../client/http.ts'
import { collectEdits, type Optimistic } from '../client/optimistic.ts'
import type { NoboilError } from '../errors/error.ts'
import type { FunctionReference } from '../schema/reference.ts'
import { useNoboil } from './provider.tsx'
import type { Mut } from './shapes.ts'

export interface MutOptions<args, result> {
  readonly onSuccess?: (result: result, args: args) => unknown
  readonly onError?: (error: NoboilError, args: args) => unknown
  readonly onSettled?: (
    result: result | undefined,
    error: NoboilError | null,
    args: args,
  ) => unknown
  /** How often to try again; saying so says that doing it twice does no harm. Default: only what carries an `idempotencyKey`. */
  readonly retry?: number | Retry
  /** What the call will change; taken back if it fails. */
  readonly optimistic?: Optimistic<args>
  /** What the provider's `toast` shows; `error: true` shows the error's own sentence. */
  readonly toast?: {
    readonly success?: string | ((result: result) => string)
    readonly error?: true | string | ((error: NoboilError) => string)
  }
}

/** A mutation or an action of the app. */
export function useMut<args, result>(
  reference: FunctionReference<'mutation' | 'action', args, result>,
  options: MutOptions<args, result> = {},
): Mut<args, result> {
  const { core, toast } = useNoboil()
  const path = pathOf(reference)
  const { onSuccess, onError, onSettled, retry, optimistic, toast: texts } = options
  const { mutateAsync, isPending, error, data, reset } = useMutation<result, NoboilError, args>({
    mutationKey: ['noboil', path],
    mutationFn: (args) =>
      core.callPath(path, plainArgs(args) as ArgsObject, {
        edits: optimistic ? collectEdits(optimistic, args) : [],
        ...(retry === undefined ? {} : { retry }),
      }) as Promise<result>,
    // The client itself knows what may be tried again, and whether there is a network.
    retry: false,
    networkMode: 'always',
    onSuccess(result, args) {
      if (texts?.success !== undefined) {
        const { success } = texts
        toast?.({ kind: 'success', text: typeof success === 'string' ? success : success(result) })
      }
      return onSuccess?.(result, args)
    },
    onError(error, args) {
      if (texts?.error !== undefined) toast?.({ kind: 'error', text: sentence(texts.error, error) })
      return onError?.(error, args)
    },
    onSettled: (result, error, args) => onSettled?.(result, error, args),
  })
  const run = useCallback(
    (...[args]: ArgsList<args>): Promise<result> => mutateAsync(args as args),
    [mutateAsync],
  )
  return useMemo(
    () =>
      Object.assign((...args: ArgsList<args>) => run(...args), { isPending, error, data, reset }),
    [run, isPending, error, data, reset],
  )
}

function sentence(
  text: true | string | ((error: NoboilError) => string),
  error: NoboilError,
): string {
  if (text === true) return error.message
  return typeof text === 'string' ? text : text(error)
}
