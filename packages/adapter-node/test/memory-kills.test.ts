import { describe, expect, it } from 'vitest'
import { memoryEventFiles, parseMemoryKills } from '../src/memory-kills.ts'

describe('the count of memory kills', () => {
  it('is parsed from each of the formats of Linux', () => {
    const events = 'low 0\nhigh 12\nmax 3941\noom 4\noom_kill 3\noom_group_kill 0\n'
    const control = 'oom_kill_disable 0\nunder_oom 0\noom_kill 31\n'
    const statistics = 'nr_free_pages 53\ndrop_slab 0\noom_kill 7\nnuma_pte_updates 0\n'
    expect([events, control, statistics].map(parseMemoryKills)).toEqual([3, 31, 7])
    expect(parseMemoryKills('')).toBeUndefined()
    expect(parseMemoryKills('oom_kill many\n')).toBeUndefined()
  })

  it("is looked up in the process's own control group first and in the whole system last", () => {
    expect(memoryEventFiles('0::/system.slice/host.service\n')).toEqual([
      '/sys/fs/cgroup/system.slice/host.service/memory.events',
      '/sys/fs/cgroup/memory.events',
      '/proc/vmstat',
    ])
    expect(memoryEventFiles('4:cpu,memory:/docker/abc\n1:name=systemd:/\n0::/\n').slice(0, 2)).toEqual([
      '/sys/fs/cgroup/memory/docker/abc/memory.oom_control',
      '/sys/fs/cgroup/memory/memory.oom_control',
    ])
  })
})
