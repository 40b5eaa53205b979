/** The other deployments that are told what to forget, for admins. */
import type { ReactNode } from 'react'
import { Button } from '../base/button.tsx'
import { Notice, Pill, Skeleton } from '../base/surfaces.tsx'
import { useBackend, useSentence } from './backend.tsx'
import type { MirrorState } from './port.ts'
import { usePolled } from './use-polled.ts'

/** Nothing where there are none. */
export function Mirrors(): ReactNode {
  const { readMirrors } = useBackend().useActions()
  return readMirrors ? <Told read={readMirrors} /> : null
}

interface ToldProps {
  readonly read: () => Promise<readonly MirrorState[]>
}

function Told({ read }: ToldProps): ReactNode {
  const sentence = useSentence()
  const { data, error, ask } = usePolled(read)
  if (data?.length === 0) return null
  return (
    <section className="mirrors sheet" aria-labelledby="mirrors">
      <h2 className="list-head__title" id="mirrors">
        Other deployments
      </h2>
      {data && (
        <ul className="mirrors__list">
          {data.map((mirror) => (
            <Mirror key={mirror.url} mirror={mirror} />
          ))}
        </ul>
      )}
      {!data && error === undefined && <Skeleton height="3rem" />}
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
          {sentence(error, 'list')}
        </Notice>
      )}
    </section>
  )
}

function Mirror({ mirror }: { readonly mirror: MirrorState }): ReactNode {
  const isIdle = mirror.state === 'ok' && mirror.waiting === 0 && mirror.told === 0
  return (
    <li className="mirror">
      <a href={`${mirror.url}/movie`}>{new URL(mirror.url).host}</a>
      <Pill look={mirror.state === 'ok' ? 'quiet' : 'gold'}>
        {isIdle ? 'Nothing to tell yet' : labels[mirror.state]}
      </Pill>
      <span className="quiet">{standingOf(mirror)}</span>
    </li>
  )
}

const labels: Readonly<Record<MirrorState['state'], string>> = {
  ok: 'In step',
  retrying: 'Trying again',
  away: 'Away',
}

function standingOf({ state, waiting, told }: MirrorState): string {
  if (waiting > 0 && state !== 'ok') return 'It cannot be reached. What changed here waits for it.'
  if (waiting > 0) return 'It is being told what changed here.'
  if (told === 0) return 'It will be told when an admin marks or removes a copy here.'
  return told === 1
    ? 'Told once since this server runs.'
    : `Told ${told} times since this server runs.`
}
