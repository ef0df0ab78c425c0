package dev.hermes.e2e;

/**
 * Python that tries to get out of where it runs and says {@code BREACHED} when it could. Each is
 * also run where nothing holds it back, which shows that it would notice.
 */
final class Attacks {
  static final String BREACHED = "BREACHED";

  private static final String TRIES =
      """
      import ctypes, os, socket
      libc = ctypes.CDLL(None, use_errno=True)

      def tries(what, attempt):
          try:
              print('BREACHED', what, attempt())
          except Exception as e:
              print('contained', what, type(e).__name__, e)

      def must(result):
          if result < 0:
              raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
          return result
      """;

  /** The daemon that has the keys to nothing but answers for the sandbox. */
  static final String DAEMON =
      TRIES
          + """
          def find():
              for pid in filter(str.isdigit, os.listdir('/proc')):
                  try:
                      line = open('/proc/' + pid + '/cmdline', 'rb').read()
                  except OSError:
                      continue
                  if line.startswith(b'/usr/local/bin/sandboxd'):
                      return int(pid)
              raise ProcessLookupError('no daemon to be seen')

          tries('see the daemon', find)
          tries('read its arguments', lambda: open('/proc/%d/cmdline' % find(), 'rb').read()[:20])
          tries('signal it', lambda: os.kill(find(), 0))
          """;

  /** Sockets that speak below TCP and UDP. */
  static final String RAW_SOCKETS =
      TRIES
          + """
          tries('raw IP', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
          tries('raw Ethernet', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3))
          """;

  /** Settings of the kernel, opened for writing and left alone. */
  static final String KERNEL_FILES =
      TRIES
          + """
          for path in ('/proc/sys/kernel/hostname', '/proc/sys/vm/drop_caches', '/proc/sysrq-trigger',
                       '/sys/kernel/mm/transparent_hugepage/enabled'):
              tries(path, lambda: os.open(path, os.O_WRONLY))
          """;

  /** Another root, another user. */
  static final String PRIVILEGES =
      TRIES
          + """
          tries('mount', lambda: must(libc.mount(b'none', b'/mnt', b'tmpfs', 0, None)))
          tries('setuid', lambda: os.setuid(0) or os.getuid())
          tries('write the image', lambda: os.open('/usr/bin/planted', os.O_CREAT | os.O_WRONLY))
          tries('device', lambda: os.mknod('/tmp/null', 0o20666, os.makedev(1, 3)))
          status = dict(line.split(':', 1) for line in open('/proc/self/status') if ':' in line)
          print('CapEff', status['CapEff'].strip())
          tries('chroot', lambda: os.chroot('/tmp'))
          """;

  /** Processes without end, and threads. */
  static final String FORK_BOMB = "f() { f | f & }; f; sleep 3; echo over";

  /** As many processes as ten sandboxes may have; where nothing bounds them. */
  static final String MANY_PROCESSES =
      """
      import subprocess
      print('BREACHED', len([subprocess.Popen(['sleep', '2']) for i in range(640)]), 'processes')
      """;

  /** Children whose end nobody asks for. */
  static final String ZOMBIES =
      """
      import os
      made = 0
      try:
          for i in range(20000):
              if os.fork() == 0:
                  os._exit(0)
              made += 1
          print('BREACHED', made, 'zombies')
      except OSError as e:
          print('contained after', made, e)
      """;

  /** Open files without end. */
  static final String DESCRIPTORS =
      """
      import os
      held = []
      try:
          for i in range(2_000_000):
              held.append(os.open('/dev/null', os.O_RDONLY))
          print('BREACHED', len(held), 'descriptors')
      except OSError as e:
          print('contained after', len(held), e)
      """;

  /** Far more than the disk it was given, by several files, since each has a bound of its own. */
  static final String DISK =
      """
      wrote = 0
      try:
          for place in ('/home/user', '/tmp'):
              for i in range(16):
                  with open(place + '/fill%d' % i, 'wb') as f:
                      for j in range(32):
                          f.write(b'x' * (1 << 20)); f.flush()
                          wrote += 1
      except OSError as e:
          print(e)
      print('wrote', wrote, 'MiB')
      """;

  private Attacks() {}
}
