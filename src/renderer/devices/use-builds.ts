import { useEffect, useState } from 'react';
import type { FfmpegBuild } from '../../common/device.ts';
import { useOpenConnection } from '../stores/connection-store.ts';
import { useDevices } from '../stores/devices-store.ts';

/** The ffmpeg builds by id. Empty until they were read: without them a card only leaves out which one proved what. */
export function useBuilds(): ReadonlyMap<string, FfmpegBuild> {
  const [builds, setBuilds] = useState<ReadonlyMap<string, FfmpegBuild>>(new Map());
  const connection = useOpenConnection();
  const isChecking = useDevices((state) => state.isChecking);
  useEffect(() => {
    if (connection === null || isChecking) return;
    let isCurrent = true;
    connection.api.system.doctor().then(
      (report) => isCurrent && setBuilds(new Map(report.builds.map((build) => [build.id, build]))),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [connection, isChecking]);
  return builds;
}
