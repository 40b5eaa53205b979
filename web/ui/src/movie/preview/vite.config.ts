/** Development only: serves the screens on the in-memory backend. */
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  appType: 'spa',
  server: { port: 5198 },
})
