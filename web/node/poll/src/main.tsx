/** The poll app on the Node host: one client, one stream, and the screens. */
import '@noboil/web-ui/styles.css'
import { NodeSiteBar } from '@noboil/web-node-shared/site'
import { PollApp } from '@noboil/web-ui/poll'
import { createClient, NoboilProvider } from 'noboil/node/react'
import { createRoot } from 'react-dom/client'
import { nodeBackend } from './backend.ts'

const client = createClient()
const root = document.getElementById('root')
if (root === null) throw new Error('The page has no #root.')

createRoot(root).render(
  <NoboilProvider client={client}>
    <PollApp
      backend={nodeBackend(client)}
      footer="Running on noboil with embedded SQLite."
      siteBar={<NodeSiteBar current="/" />}
    />
  </NoboilProvider>,
)
