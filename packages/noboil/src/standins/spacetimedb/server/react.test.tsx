import { act, render, screen, waitFor } from '@testing-library/react'
import { SpacetimeDBProvider, useReducer, useTable } from 'spacetimedb/react'
import { afterEach, expect, test } from 'vitest'
import { createModuleHost } from '../host.ts'
import type * as Module from '../module.fixture.ts'
import type { NotesHost } from './client.fixture.ts'

let host: NotesHost | undefined
afterEach(() => host?.close())

test('the SDK’s React hooks show a host’s rows and call its reducers', async () => {
  const entry = `${import.meta.dirname}/../module.fixture.ts`
  const made: NotesHost = await createModuleHost<typeof Module>({ entry })
  host = made
  const { builder, tables, reducers } = made.bindings()
  let send: (args: { parent: string; text: string; key: undefined }) => Promise<void> = () =>
    Promise.reject(new Error('not rendered'))

  function Notes(): React.ReactNode {
    const [rows, isReady] = useTable(tables.note.where((row) => row.parent.eq('room')))
    send = useReducer(reducers.append)
    return <p>{`${isReady}: ${rows.map(({ text }) => text).join(', ')}`}</p>
  }

  const connection = builder()
    .withUri('http://in.process')
    .withDatabaseName('notes')
    .withWSFn(made.webSocket())
  render(
    <SpacetimeDBProvider connectionBuilder={connection}>
      <Notes />
    </SpacetimeDBProvider>,
  )
  await waitFor(() => expect(screen.getByText('true:').textContent).toBe('true: '))
  await act(() => send({ parent: 'room', text: 'hi', key: undefined }))
  await waitFor(() => expect(screen.getByText('true: hi')).toBeTruthy())
  act(() => {
    made.call('append', { parent: 'room', text: 'from the server' })
    made.call('append', { parent: 'elsewhere', text: 'unseen' })
  })
  await waitFor(() => expect(screen.getByText('true: hi, from the server')).toBeTruthy())
})
