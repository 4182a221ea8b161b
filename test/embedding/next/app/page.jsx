export default function Page() {
  return <p>Programs run at /api/run.</p>
}
