/** Hooks on a simulated server, with every value they ever rendered. */
import { notifyManager, QueryClient } from '@tanstack/react-query'
import { act, cleanup, render, renderHook, type RenderHookResult } from '@testing-library/react'
import { type ReactElement, type ReactNode, StrictMode } from 'react'
import { type ClientApi, createApi } from '../client/api.ts'
import { settle } from '../client/clock.fixture.ts'
import { pollSim, type PollSim } from '../client/poll.fixture.ts'
import type { Server } from './api.fixture.ts'
import { NoboilProvider, type Toast } from './provider.tsx'

// React is told in the same turn, so that a test need not wait for a timer.
notifyManager.setScheduler(queueMicrotask)

export const api: ClientApi<Server> = createApi<Server>()

const sliceMs = 500

export interface Stage extends PollSim {
  readonly queryClient: QueryClient
  readonly toasts: Toast[]
  readonly Wrapper: (props: { readonly children?: ReactNode }) => ReactElement
  /** Renders a hook; `all` keeps what each render answered. */
  hook<result, props>(
    run: (props: props) => result,
    props?: props,
  ): RenderHookResult<result, props> & { readonly all: result[] }
  /** Everything that is under way happens, and React shows it. */
  settled(): Promise<void>
  pass(ms: number): Promise<void>
  show(element: ReactElement): void
}

export function stage(): Stage {
  const sim = pollSim()
  const queryClient = new QueryClient()
  const toasts: Toast[] = []
  const Wrapper = ({ children }: { readonly children?: ReactNode }): ReactElement => (
    <StrictMode>
      <NoboilProvider
        client={sim.client}
        queryClient={queryClient}
        toast={(toast) => toasts.push(toast)}
      >
        {children}
      </NoboilProvider>
    </StrictMode>
  )
  return {
    ...sim,
    queryClient,
    toasts,
    Wrapper,
    hook<result, props>(run: (props: props) => result, props?: props) {
      const all: result[] = []
      const rendered = renderHook(
        (given: props) => {
          const result = run(given)
          all.push(result)
          return result
        },
        { wrapper: Wrapper, ...(props === undefined ? {} : { initialProps: props }) },
      )
      return { ...rendered, all } as RenderHookResult<result, props> & { readonly all: result[] }
    },
    settled: async () => {
      await act(async () => {
        await settle()
        await settle()
      })
    },
    // React renders at the end of an act: in slices, it renders as time goes by.
    pass: async (ms) => {
      for (let left = ms; left > 0; left -= sliceMs) {
        await act(async () => {
          await sim.clock.pass(Math.min(left, sliceMs))
          await settle()
        })
      }
    },
    show: (element) => {
      render(element, { wrapper: Wrapper })
    },
  }
}

export { cleanup }
