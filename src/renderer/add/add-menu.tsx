import { ChevronDown, FilePlus, FolderPlus, HardDrive, Plus, Upload } from 'lucide-react';
import { native, usesCommandKey } from '../connection/native.ts';
import { Button } from '../controls/button.tsx';
import { Menu, MenuItem } from '../controls/menu.tsx';
import { text } from '../text/en.ts';
import { pickFiles, pickFolder, pickFromServer } from './pick-sources.ts';

/** The ways to add files. */
export function AddMenu({
  look,
  label = text.add.add,
  align = 'end',
}: {
  look: 'primary' | 'quiet';
  label?: string;
  align?: 'start' | 'end';
}) {
  const openKeys = usesCommandKey ? '⌘O' : 'Ctrl O';
  return (
    <Menu
      align={align}
      trigger={
        <Button look={look} icon={Plus}>
          {label}
          <ChevronDown size={14} strokeWidth={1.75} aria-hidden className="-mr-0.5 opacity-80" />
        </Button>
      }
    >
      {native === null ? (
        <>
          <MenuItem icon={Upload} keys={openKeys} onSelect={() => void pickFiles()}>
            {text.add.upload}
          </MenuItem>
          <MenuItem icon={HardDrive} onSelect={() => void pickFromServer()}>
            {text.add.fromServer}
          </MenuItem>
        </>
      ) : (
        <>
          <MenuItem icon={FilePlus} keys={openKeys} onSelect={() => void pickFiles()}>
            {text.add.files}
          </MenuItem>
          <MenuItem icon={FolderPlus} onSelect={() => void pickFolder()}>
            {text.add.folder}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
