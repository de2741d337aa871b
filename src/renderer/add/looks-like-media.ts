const EXTENSIONS = new Set(
  (
    '3g2 3gp amv asf avi divx dv f4v flv gif gxf hevc h264 h265 ivf m1v m2p m2t m2ts m2v m4v mj2 mjpeg mjpg mkv mov mp4 ' +
    'mpe mpeg mpg mpv mts mxf nut obu ogm ogv qt rm rmvb ts vob webm wmv wtv y4m yuv ' +
    'aac ac3 aif aiff flac m4a mka mp3 oga ogg opus wav wma'
  ).split(' '),
);

/**
 * A guess by name, for the contents of a folder that was dropped: sending every photograph and text file to the engine
 * only to be refused would waste the person's time. Files that were chosen one by one are never guessed about.
 */
export function looksLikeMedia(name: string): boolean {
  const dot = name.lastIndexOf('.');
  return dot > 0 && EXTENSIONS.has(name.slice(dot + 1).toLowerCase());
}
