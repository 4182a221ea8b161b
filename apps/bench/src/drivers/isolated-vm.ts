import { driverOf } from './glovebox.ts'

export default driverOf('isolated-vm', 'isolated-vm', async () => (await import('@glovebox/isolated-vm')).isolatedVm())
