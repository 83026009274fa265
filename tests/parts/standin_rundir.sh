#!/bin/bash
# A stand-in for GEOS-Chem's createRunDir.sh: it asks as that one does, and creates the few files that matter.
source "$HOME/.geoschem/config"
[[ -z "$GC_USER_REGISTERED" ]] && { echo "What is your name?"; read -r -p ">>> " name; exit 9; }
ask() { # ask TITLE LINE…
  printf '\n-----\n%s:\n-----\n' "$1"; shift
  printf '  %s\n' "$@"
  read -r -p ">>> " answer
}
ask "Choose simulation type" "1. Full chemistry" "2. Aerosols only" "7. TransportTracers"
case $answer in 1) name=fullchem ;; 2) name=aerosol ;; 7) name=TransportTracers ;; *) exit 8 ;; esac
if [ $name = fullchem ]; then ask "Choose additional simulation option" "1. Standard" "2. Benchmark"; fi
ask "Choose meteorology source" "1. MERRA-2 (Recommended)" "2. GEOS-FP "
[ "$answer" = 1 ] || exit 8
ask "Choose horizontal resolution" "1. 4.0  x 5.0" "2. 2.0  x 2.5"
case $answer in 1) grid=4.0x5.0 ;; *) grid=2.0x2.5 ;; esac
ask "Choose number of levels" "1. 72 (native)" "2. 47 (reduced)"
case $answer in 1) levels=72 ;; *) levels=47 ;; esac
[ -n "$STANDIN_QUESTION" ] && ask "Choose a number that nobody has heard of" "1. One"
ask "Enter path where the run directory will be created"
folder=$answer/$1
mkdir -p "$folder/Restarts"
cd "$folder" || exit 7
cat >geoschem_config.yml <<END
simulation:
  name: $name
  start_date: [20190701, 000000]  # comment stays
  end_date: [20190801, 000000]
  root_data_dir: $GC_DATA_ROOT
  met_field: MERRA2
  use_gcclassic_timers: false
grid:
  resolution: $grid
  number_of_levels: $levels
END
cat >HISTORY.rc <<END
  Restart.frequency:          00000100 000000
  Restart.duration:           00000100 000000
  SpeciesConc.frequency:      00000100 000000
  Hourly.frequency:           00000000 010000
END
cat >download_data.yml <<END
restarts:
  root: GEOSCHEM_RESTARTS
  fullchem:
    remote: GC_14.7.0/GEOSChem.Restart.fullchem.20190701_0000z.nc4
    local:  GEOSChem.Restart.20190701_0000z.nc4
END
ask "Do you want to track run directory changes with git? (y/n)"
[ "$answer" = n ] || exit 6
