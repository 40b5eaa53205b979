/** The switch of the bundled catalogue: to see what the cache does when what it stands in front of does not work. */
import type { ReactNode } from 'react'
import { Button } from '../base/button.tsx'
import { Segmented } from '../base/choice.tsx'
import { Notice, Skeleton } from '../base/surfaces.tsx'
import { useHeld } from '../base/use-held.ts'
import { useAttempt, useBackend, useSentence } from './backend.tsx'
import type { UpstreamMode, UpstreamState } from './port.ts'
import { usePolled } from './use-polled.ts'

const choices: readonly { readonly value: UpstreamMode; readonly label: string }[] = [
  { value: 'ok', label: 'Works' },
  { value: 'error', label: 'Fails' },
  { value: 'hang', label: 'Hangs' },
  { value: 'garbage', label: 'Rubbish' },
]

const about: Readonly<Record<UpstreamMode, string>> = {
  ok: 'Every answer takes its time, and is right.',
  error: 'Every answer is a refusal. Kept films stay open; others cannot be loaded.',
  hang: 'No answer ever comes. The server gives up after a few seconds.',
  garbage: 'Every answer is nonsense, which the server does not keep.',
}

/** Nothing where the catalogue is somebody's real one. */
export function UpstreamSwitch(): ReactNode {
  const { readUpstream } = useBackend().useActions()
  const sentence = useSentence()
  const { data: state, error, set: setState, ask } = usePolled(readUpstream)
  if (state === null) return null
  return (
    <section className="upstream sheet" aria-labelledby="upstream">
      <h2 className="list-head__title" id="upstream">
        The catalogue
      </h2>
      {state && <Turn state={state} onState={setState} />}
      {!state && error === undefined && <Skeleton height="6rem" />}
      {error !== undefined && (
        <Notice
          look="error"
          role="alert"
          actions={
            <Button look="line" size="small" onClick={ask}>
              Ask again
            </Button>
          }
        >
          {sentence(error, 'switch')}
        </Notice>
      )}
    </section>
  )
}

interface TurnProps {
  readonly state: UpstreamState
  readonly onState: (state: UpstreamState | null) => void
}

function Turn({ state, onState }: TurnProps): ReactNode {
  const { turnUpstream } = useBackend().useActions()
  const attempt = useAttempt()
  const [mode, hold, isTurning] = useHeld(state.mode)
  return (
    <>
      <p className="quiet">
        Asked {state.requests === 1 ? 'once' : `${state.requests} times`} since it runs; every
        answer takes {(state.delayMs / 1_000).toFixed(1)} s.
      </p>
      <div className="upstream__choice">
        <Segmented<UpstreamMode>
          legend="What the catalogue does"
          value={mode}
          choices={choices}
          busy={isTurning}
          onChange={(next) =>
            hold(next, () =>
              attempt({
                doing: 'switch',
                run: async () => onState(await turnUpstream(next)),
              }),
            )
          }
        />
      </div>
      <p className="quiet" role="status">
        {about[mode]}
      </p>
    </>
  )
}
