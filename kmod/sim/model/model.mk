# SPDX-License-Identifier: GPL-2.0-only
# The files of the device model, for all who compile it.
HBA_MODEL := hba hart execute csr bus mailbox clint dma module
