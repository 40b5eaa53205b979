// Plain JavaScript so that every Node can run it: npm scripts start with this check, because the
// project runs its TypeScript directly and only the pinned Node can.
if (!process.versions.node.startsWith('24.')) {
  console.error(
    `noboil runs on Node 24, but this is ${process.version}. The pinned one comes with the "node" package: ` +
      'run npm install with install scripts allowed and start through npm scripts.',
  )
  process.exit(1)
}
